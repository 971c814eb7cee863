import Domain
import Foundation
import HTTP
import Settings

/// A webhook: one POST, no redirect followed, an address that is never told.
public struct WebhookChannel: DeliveryChannel {
  private let kind: Settings.DigestWebhook.Kind
  private let address: @Sendable () throws(SettingsError) -> WebhookAddress?
  private let client: @Sendable () throws -> HTTPClient
  private let limit: Duration
  private let now: @Sendable () -> Date

  /// - Parameters:
  ///   - kind: whose form the configuration names.
  ///   - address: reads the address, at each try.
  ///   - client: makes the client that is used for one try.
  ///   - limit: for the whole of one try.
  ///   - now: the clock on the wall, for dates of `Retry-After`.
  public init(
    _ kind: Settings.DigestWebhook.Kind, address: @escaping @Sendable () throws(SettingsError) -> WebhookAddress?,
    client: @escaping @Sendable () throws -> HTTPClient, limit: Duration = .seconds(60),
    now: @escaping @Sendable () -> Date = { Date() }
  ) {
    self.kind = kind
    self.address = address
    self.client = client
    self.limit = limit
    self.now = now
  }

  public func send(_ entry: OutboxEntry, willHandOver: @escaping @Sendable () -> Bool) async -> DeliveryOutcome {
    guard case .webhook(let kind, let headers, let body) = entry.content else { return .foreign }
    guard kind == self.kind.rawValue else {
      return .refused("the message has the form of \(kind), the webhook is one of \(self.kind.rawValue)")
    }
    let secret: WebhookAddress?
    do throws(SettingsError) {
      secret = try address()
    } catch {
      return .tryAgain(error.problem)
    }
    guard let secret, let url = HTTPURL(secret.secret.revealed()) else {
      return .refused("no digest.webhook.url is set")
    }
    guard url.origin.scheme == "https" || url.origin.isLoopback else { return .refused("its address is not https") }
    do {
      let client = try client()
      guard willHandOver() else { return .unnoted }
      let outcome = await post(client, url, headers, body)
      await client.shutdown()
      return outcome
    } catch let error as any ReportableError {
      return .tryAgain(error.problem)
    } catch {
      return .tryAgain("the network cannot be used")
    }
  }

  private func post(
    _ client: HTTPClient, _ url: HTTPURL, _ headers: [String: String], _ body: String
  ) async -> DeliveryOutcome {
    var request = HTTPRequest(
      .post, url, headers: HTTPHeaders(headers.sorted { $0.key < $1.key }.map { (name: $0.key, value: $0.value) }),
      body: Array(body.utf8), sharesConnection: false)
    request.limits.total = limit
    request.limits.body = 1 << 20
    do throws(HTTPError) {
      let response = try await client.data(for: request)
      return outcome(response.head)
    } catch {
      // The address behind the host is a secret; its words are left out.
      let words = error.problem.replacing(" (\(error.address))", with: "").replacing(url.path, with: "/***")
      if error.kind == .invalidRequest { return .refused(words) }
      return error.isBeforeRequest ? .tryAgain(words) : .uncertain(words)
    }
  }

  /// What an answer means.
  private func outcome(_ head: HTTPHead) -> DeliveryOutcome {
    let words = "the server answers \(head.status)"
    switch head.status {
    case 200..<300: return .sent(words)
    case 300..<400: return .refused("\(words), a redirect, which is not followed")
    case 408, 425, 429, 500, 502, 503:
      let wait = head.headers["Retry-After"].flatMap(RetryAfter.init)
      return .tryAgain(words, after: wait?.wait(now: now().timeIntervalSince1970))
    // Somebody on the way did not hear what became of it.
    case 504, 522, 524: return .uncertain(words)
    case 500...: return .tryAgain(words)
    default: return .refused(words)
    }
  }
}
