import Domain
import Foundation
import Logging
import Page
import Settings

/// The page that a daemon serves beside its work, as long as the configuration wants one.
actor DaemonPage {
  private let environment: [String: String]
  private var server: PageServer?

  /// None yet.
  ///
  /// - Parameter environment: of this process, for the daemon's socket.
  init(_ environment: [String: String]) { self.environment = environment }

  /// Serves what a configuration wants, and no longer what one before it wanted. A page that cannot be served is no reason
  /// not to work.
  func follow(_ loaded: LoadedSettings, _ logger: Logger) async {
    // The port of the page before this one is closed a moment later; a port of somebody else is not waited for.
    let patience = server == nil ? Duration.zero : Self.patience
    stop()
    guard loaded.settings.page.enabled else { return }
    do {
      let server = try await open(loaded, patience)
      self.server = server
      logger.notice("page", metadata: ["address": "http://127.0.0.1:\(server.port)/"])
    } catch {
      logger.warning(
        "the page is not served", metadata: ["reason": "\((error as? any ReportableError)?.problem ?? "\(error)")"])
    }
  }

  /// Closes it.
  func stop() {
    server?.stop()
    server = nil
  }

  private func open(_ loaded: LoadedSettings, _ patience: Duration) async throws -> PageServer {
    let house = try await PageHouse(loaded, environment: environment)
    let deadline = ContinuousClock.now + patience
    while true {
      do {
        return try PageServer(port: UInt16(clamping: loaded.settings.page.port)) { port in
          let site = Site(house, port: port, acts: false)
          // It may take a while, and nobody is looking yet.
          Thread { site.warm() }.start()
          return site
        }
      } catch {
        guard ContinuousClock.now < deadline else { throw error }
        try await Task.sleep(for: .milliseconds(50))
      }
    }
  }

  private static let patience = Duration.seconds(2)
}
