import Domain
import Foundation
import Logging
import Page
import Settings

/// The page that a daemon serves beside its work, where the configuration wants one.
enum DaemonPage {
  /// Opens it; nil when it is not wanted. A page that cannot be served is no reason not to work.
  static func open(_ environment: [String: String], _ logger: Logger) async -> PageServer? {
    do {
      let loaded = try LoadedSettings(environment: environment)
      guard loaded.settings.page.enabled else { return nil }
      let house = try await PageHouse(loaded, environment: environment)
      let server = try PageServer(port: UInt16(clamping: loaded.settings.page.port)) { port in
        let site = Site(house, port: port, acts: false)
        // It may take a while, and nobody is looking yet.
        Thread { site.warm() }.start()
        return site
      }
      logger.notice("page", metadata: ["address": "http://127.0.0.1:\(server.port)/"])
      return server
    } catch {
      logger.warning(
        "the page is not served", metadata: ["reason": "\((error as? any ReportableError)?.problem ?? "\(error)")"])
      return nil
    }
  }
}
