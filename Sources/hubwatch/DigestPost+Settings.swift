import Catalog
import Console
import Digest
import Domain
import Foundation
import HTTP
import Settings
import Watch

extension DigestPost {
  /// The post of a configuration. It opens the catalog for reading, whenever it tells a story.
  ///
  /// - Parameter environment: where passwords are looked for, at each try.
  init(_ loaded: LoadedSettings, environment: [String: String]) {
    let composer = DigestComposer(
      loaded.settings.digest, endpoint: loaded.settings.hub.endpoint, state: loaded.places.state,
      home: environment["HOME"] ?? NSHomeDirectory(), host: ProcessInfo.processInfo.hostName)
    self.init(
      state: loaded.places.state, settings: loaded.settings.digest, composer: composer,
      end: { now in try Catalog.ifPresent(folder: loaded.places.state)?.lastMoment() ?? now },
      content: { since, end, now in try await DigestContent(loaded, since: since, end: end, now: now) },
      sender: { Self.channel($0, loaded, environment) })
  }

  /// The way of a name.
  static func channel(
    _ name: DeliveryChannelName, _ loaded: LoadedSettings, _ environment: [String: String]
  ) -> any DeliveryChannel {
    let settings = loaded.settings
    switch name {
    case .stdout: return StandardOutputChannel { Terminal.write($0, to: 1) }
    case .file: return FileChannel()
    case .mail:
      guard settings.digest.mail.sendmail.isEmpty else {
        return SendmailChannel(path: settings.digest.mail.sendmail, environment: environment)
      }
      let file = settings.network.caFile
      return ServerMailChannel(
        settings.digest.mail, certificateAuthorityFile: file.isEmpty ? nil : file,
        addressFamily: NetworkSetup.addressFamily(settings.network),
        password: { () throws(SettingsError) in try DeliverySecrets.mailPassword(environment) })
    case .webhook:
      return WebhookChannel(
        settings.digest.webhook.kind,
        address: { () throws(SettingsError) in try DeliverySecrets.webhookAddress(environment, settings) },
        client: { try HTTPClient(try NetworkSetup.configuration(settings.network)) })
    }
  }
}

extension DigestContent {
  /// What happened in a time, by the catalog of a configuration.
  ///
  /// - Throws: the error of the room that cannot be read.
  init(_ loaded: LoadedSettings, since: Date?, end: Date, now: Date) async throws {
    guard let catalog = try Catalog.ifPresent(folder: loaded.places.state) else {
      self.init(story: Story(since: since, until: now))
      return
    }
    let circumstances = try await Circumstances(loaded, catalog, now: now)
    var story = try StoryTeller(catalog: catalog, cacheRoot: loaded.places.cache, circumstances: circumstances)
      .story(since: since, until: end)
    story.until = now
    let isWeekly = try DigestVerb.isWeekly(since: since ?? catalog.firstRecording(), until: now)
    self.init(story: story, trends: isWeekly ? Trends(try catalog.trends(weeks: 26, until: now), until: now) : nil)
  }
}

extension DigestVerb {
  /// Writes the digest of the day into the outbox, and lets out what needs no network.
  func post(_ loaded: LoadedSettings) async throws -> Domain.ExitCode {
    let post = DigestPost(loaded, environment: common.environment)
    let now = Date()
    guard !loaded.settings.digest.channels.isEmpty else {
      common.note("digest.to names no way; nothing was written.")
      return .done
    }
    if try await !post.write(at: now) { common.note("The digest of today was written already.") }
    let round = try await post.round(at: now, channels: DigestPost.localChannels)
    for result in round.results where result.state.phase != .sent {
      common.note("hubwatch: \(DeliverVerb.words(result))")
    }
    return round.hasFailed ? .failed : .done
  }
}
