import ArgumentParser
import Catalog
import Console
import Domain
import Downloads
import Logging
import ServiceLifecycle
import Settings
import Watch

/// The ritual for ever.
struct DaemonVerb: Verb {
  static let configuration = CommandConfiguration(
    commandName: "daemon", abstract: "The same as `run`, for ever, politely scheduled. Speaks sd_notify.",
    discussion: """
      Stops within seconds on SIGTERM or SIGINT; what is under way goes on at the next start. While it runs, commands that
      change something (pull, keep, drop, …) are carried out by it, over the socket `control` in its state folder or in
      RUNTIME_DIRECTORY; `pause`, `resume`, `reload` and `status` speak to it, too.
      """)

  @OptionGroup var common: CommonOptions

  func work() async throws -> Domain.ExitCode {
    let environment = common.environment
    // Before anything takes long: a wish to reload must not end a daemon that has just begun.
    let hangups = HangupSignal.arrivals()
    let notifier = ServiceNotifier(environment: environment)
    do {
      let household = try await Household(environment, notifier: notifier)
      DeviceNote.say(await household.device, Voice(common))
      do {
        try await live(household, notifier, hangups)
      } catch {
        await household.close()
        throw error
      }
      await household.close()
      return .done
    } catch let error as CatalogError where error.kind == .corrupt {
      // The next start mends it: that is worth a restart, which a state that cannot be used is not.
      Complaint.print(error, style: common.errorTerminal.style)
      return .failed
    }
  }

  private func live(_ household: Household, _ notifier: ServiceNotifier, _ hangups: AsyncStream<Void>) async throws {
    let desk = ControlDesk(household)
    let server = try await household.listen(desk.handler)
    let page = DaemonPage(common.environment)
    var work = household.work
    let reload = work.reload
    work.reload = {
      try await reload()
      await page.follow(household.loaded, household.logger)
    }
    let service = await DaemonService(
      work, notifier: notifier, pulse: household.pulse, hangups: hangups, onStop: { server.stop() })
    desk.open(service)
    server.start()
    await page.follow(household.loaded, household.logger)
    // The group's own lines tell of its workings, not of ours.
    var groupLogger = await household.logger
    groupLogger.logLevel = .error
    let group = ServiceGroup(
      configuration: .init(
        services: [.init(service: service, successTerminationBehavior: .gracefullyShutdownGroup)],
        gracefulShutdownSignals: [.sigterm, .sigint], logger: groupLogger))
    do { try await group.run() } catch {
      await page.stop()
      throw error
    }
    await page.stop()
  }
}
