import Domain
import FlyingFox
import FlyingSocks
import Foundation

/// The practice hub: a read-only HTTP server over a folder of `ORG/NAME` repositories, which speaks the protocol of
/// the Hugging Face hub.
///
/// ```swift
/// let server = try HubServer(root: "/srv/hub")
/// let (endpoint, cdn) = try await server.start()
/// // HF_ENDPOINT=\(endpoint)
/// await server.stop()
/// ```
///
/// Repositories and files may come, change and go while it runs; every request looks at the folder anew.
public actor HubServer {
  private let parts: HubParts
  private var running: [(server: HTTPServer, task: Task<Void, any Error>)] = []

  /// A server that does not listen yet.
  ///
  /// - Throws: `HubServerError.noRoot`.
  public init(root: String, options: HubServerOptions = HubServerOptions()) throws {
    parts = HubParts(
      options: options, store: try RepoStore(root: root), log: RequestLog(capacity: options.logCapacity),
      faults: FaultScript(options.faults))
  }

  /// Listens on both ports.
  ///
  /// - Returns: the endpoint and the CDN's origin, both without a slash at the end.
  /// - Throws: `HubServerError.cannotListen`, `.alreadyStarted`.
  public func start() async throws -> (endpoint: URL, cdn: URL) {
    guard running.isEmpty else { throw HubServerError.alreadyStarted }
    let options = parts.options
    let content = ContentService(parts: parts)
    let cdnPort = try await listen(port: options.cdnPort, as: .cdn) { await content.answer($0) }
    do {
      let hub = HubService(parts: parts, limiter: RateLimiter(options.quotas), cdnPort: cdnPort)
      let port = try await listen(port: options.port, as: .hub) { await hub.answer($0) }
      guard let endpoint = URL(string: "http://\(options.address):\(port)"),
        let cdn = URL(string: options.advertisedCDN ?? "http://\(options.address):\(cdnPort)")
      else { throw HubServerError.cannotListen(address: options.address, reason: "it makes no address") }
      return (endpoint, cdn)
    } catch {
      await stop()
      throw error
    }
  }

  /// Closes both ports and all connections, also in the middle of a body.
  public func stop() async {
    let stopping = running
    running = []
    for (server, task) in stopping {
      await server.stop(timeout: 0)
      task.cancel()
      _ = await task.result
    }
  }

  /// The latest requests, oldest first.
  public var requests: [RequestRecord] {
    get async { await parts.log.all }
  }

  /// Forgets the requests so far.
  public func clearRequests() async { await parts.log.clear() }

  /// Adds a mishap behind those that are still to come.
  public func add(_ fault: Fault) async { await parts.faults.add(fault) }

  private func listen(
    port: UInt16, as name: RequestRecord.Port, answer: @escaping @Sendable (HubRequest) async -> Answer
  ) async throws -> UInt16 {
    let address = "\(parts.options.address):\(port)"
    do {
      let connection = ConnectionHandler(port: name, parts: parts, answer: answer)
      // The first request for a large file waits until it is hashed, so the limit is generous.
      let server = HTTPServer(
        address: try sockaddr_in.inet(ip4: parts.options.address, port: port), timeout: 600,
        pool: PromptPool(), logger: .disabled,
        handler: connection)
      // Whichever comes first: the port is open, or it cannot be opened.
      let (outcomes, outcome) = AsyncStream.makeStream(of: Result<Void, any Error>.self)
      let task = Task {
        do {
          try await server.run()
        } catch {
          outcome.yield(.failure(error))
          throw error
        }
      }
      running.append((server, task))
      let opening = Task {
        do {
          outcome.yield(.success(try await server.waitUntilListening()))
        } catch {
          outcome.yield(.failure(error))
        }
      }
      defer { opening.cancel() }
      for await first in outcomes {
        try first.get()
        break
      }
      guard case .ip4(_, let bound) = await server.listeningAddress else {
        throw HubServerError.cannotListen(address: address, reason: "it has no port")
      }
      return bound
    } catch let error as HubServerError {
      throw error
    } catch {
      throw HubServerError.cannotListen(address: address, reason: "\(error)")
    }
  }
}
