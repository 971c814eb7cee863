import Checksums
import Console
import Digest
import Foundation
import Settings

/// Makes the messages of a digest, each once, as they will be sent.
public struct DigestComposer: Sendable {
  private let settings: Settings.Digest
  private let endpoint: String
  private let state: String
  private let home: String
  private let host: String

  /// - Parameters:
  ///   - settings: the ways, and their forms.
  ///   - endpoint: the hub's address, for links.
  ///   - state: the state folder, for files that have no place of their own.
  ///   - home: the person's home, for `~/`.
  ///   - host: the name of this machine, which makes a mail's number its own.
  public init(_ settings: Settings.Digest, endpoint: String, state: String, home: String, host: String) {
    self.settings = settings
    self.endpoint = endpoint
    self.state = state
    self.home = home
    self.host = host
  }

  /// The message of a channel.
  ///
  /// - Throws: what an encoder throws.
  func message(
    _ content: DigestContent, _ record: DigestRecord, _ channel: DeliveryChannelName, calendar: Calendar
  ) throws -> OutboxEntry.Content {
    switch channel {
    case .stdout: return .stdout(text: text(content))
    case .file:
      let (path, format) = file(at: record.writtenAt, calendar)
      return .file(path: path, text: try document(content, format))
    case .mail: return .mail(from: settings.mail.from, to: settings.mail.to, message: mail(content, record).source)
    case .webhook:
      return WebhookMessage.content(
        BriefDigest(content.story, endpoint: endpoint), settings.webhook.kind, day: record.day)
    }
  }

  private func text(_ content: DigestContent) -> String {
    guard hasNews(content) else { return nothing(content) }
    return TextDigest(endpoint: endpoint, width: 78, style: .plain, again: again(content))
      .render(content.story, trends: content.trends)
  }

  private func hasNews(_ content: DigestContent) -> Bool {
    BriefDigest.hasNews(content.story) || content.trends != nil
  }

  /// The command that tells the same time again, whatever was read meanwhile.
  private func again(_ content: DigestContent) -> String {
    guard let since = content.story.since else { return "hubwatch digest" }
    return "hubwatch digest --since \(Beginning.words(since))"
  }

  /// The one line of a day without news.
  private func nothing(_ content: DigestContent) -> String { BriefDigest(content.story, endpoint: endpoint).summary }

  private func document(_ content: DigestContent, _ format: Settings.DigestFile.Format) throws -> String {
    switch format {
    case .markdown:
      hasNews(content)
        ? MarkdownDigest(endpoint: endpoint, again: again(content)).render(content.story, trends: content.trends)
        : nothing(content)
    case .html: HTMLDigest(endpoint: endpoint, again: again(content)).render(content.story, trends: content.trends)
    case .json: try JSONOutput.document(content.story)
    case .text, .auto: text(content)
    }
  }

  /// Where the file of a moment lies, and what it is written in.
  func file(at date: Date, _ calendar: Calendar) -> (path: String, format: Settings.DigestFile.Format) {
    var path = settings.file.path.isEmpty ? "\(state)/digests/" : settings.file.path
    if path.hasPrefix("~/") { path = home + path.dropFirst() }
    var format = settings.file.format
    let endings: [Settings.DigestFile.Format: String] = [.text: "txt", .markdown: "md", .html: "html", .json: "json"]
    if path.hasSuffix("/") {
      if format == .auto { format = .html }
      path += "%Y-%m-%d.\(endings[format] ?? "txt")"
    } else if format == .auto {
      format = endings.first { path.lowercased().hasSuffix(".\($0.value)") }?.key ?? .text
    }
    return (DatedName.name(path, at: date, calendar: calendar), format)
  }

  private func mail(_ content: DigestContent, _ record: DigestRecord) -> MailMessage {
    let brief = BriefDigest(content.story, endpoint: endpoint)
    let domain = settings.mail.from.split(separator: "@").last.map(String.init) ?? "localhost"
    let whose = "\(host)\n\(state)\n\(settings.mail.from)\n\(record.end)"
    // It tells machines apart, and hides their names.
    let number = Checksums.sha256(whose.utf8).prefix(16)
    return MailMessage(
      from: settings.mail.from, to: settings.mail.to, subject: "hubwatch \(record.day): \(brief.headline)",
      date: record.writtenAt, id: "digest.\(record.day).\(record.sequence).\(number)@\(domain)",
      list: "digest.hubwatch.\(domain)", text: text(content),
      html: HTMLDigest(endpoint: endpoint, again: again(content)).render(content.story, trends: content.trends))
  }
}

extension DigestComposer {
  /// A message that only says that the way is open; it is in no outbox.
  public func testMessage(_ channel: DeliveryChannelName, at now: Date) -> OutboxEntry {
    let words = "hubwatch on \(host) can reach you this way. This is a test; the digest will look different."
    let content: OutboxEntry.Content
    switch channel {
    case .stdout: content = .stdout(text: words)
    case .file:
      let path = file(at: now, DigestPost.localCalendar).path
      // Beside the digest, which it must not replace.
      content = .file(path: "\((path as NSString).deletingLastPathComponent)/hubwatch-test.txt", text: words)
    case .mail:
      let domain = settings.mail.from.split(separator: "@").last.map(String.init) ?? "localhost"
      let mail = MailMessage(
        from: settings.mail.from, to: settings.mail.to, subject: "hubwatch: a test", date: now,
        id: "test.\(UUID().uuidString.lowercased())@\(domain)", list: "digest.hubwatch.\(domain)", text: words,
        html: "<!DOCTYPE html>\n<html lang=\"en\"><body><p>hubwatch can reach you this way.</p></body></html>")
      content = .mail(from: settings.mail.from, to: settings.mail.to, message: mail.source)
    case .webhook: content = WebhookMessage.test(settings.webhook.kind, words)
    }
    return OutboxEntry(day: "test", createdAt: now, content: content)
  }
}
