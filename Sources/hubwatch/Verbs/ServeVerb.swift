import ArgumentParser
import Console
import Domain
import Page
import Settings
import Watch

/// The page to look at.
struct ServeVerb: Verb {
  static let configuration = CommandConfiguration(
    commandName: "serve",
    abstract: "Serves a page to look at: the digest, the catalog, every model's fit, downloads and trends.",
    discussion: """
      It listens on this machine only, looks beside a daemon, and ends with Ctrl-C. Everybody who has an account on this
      machine may read it. With --token whoever opens the printed address may also pull, keep and drop models, pause,
      and mark the digest as read. /metrics is for Prometheus.
      """)

  @OptionGroup var common: CommonOptions
  @Option(help: "The port, 0 for any that is free; page.port of the configuration when it is not given.")
  var port: UInt16?
  @Flag(help: "Prints an address with a random token; who opens it may act, too.") var token = false

  func work() async throws -> Domain.ExitCode {
    let loaded = try LoadedSettings(environment: common.environment)
    let hands = token ? PageHands(state: loaded.places.state, environment: common.environment) : nil
    let house = try await PageHouse(loaded, environment: common.environment, hands: hands)
    let port = port ?? UInt16(clamping: loaded.settings.page.port)
    var address = ""
    let server = try PageServer(port: port) { bound in
      let site = Site(house, port: bound, acts: hands != nil)
      site.warm()
      address = site.address
      return site
    }
    // One line on standard output, so that scripts find the address.
    try common.print(address)
    await StopSignal.arrival()
    server.stop()
    await hands?.stop()
    return .done
  }
}
