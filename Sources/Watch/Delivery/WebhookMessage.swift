import Digest
import Foundation
import Settings

/// The digest as a webhook takes it.
enum WebhookMessage {
  /// Body and headers of the request.
  static func content(
    _ brief: BriefDigest, _ kind: Settings.DigestWebhook.Kind, day: String
  ) -> OutboxEntry.Content {
    let title = "hubwatch \(day): \(brief.headline)"
    switch kind {
    case .ntfy: return ntfy(brief, title)
    case .slack: return slack(brief, title)
    case .discord: return discord(brief, title)
    }
  }

  /// A message that only says that the way is open.
  static func test(_ kind: Settings.DigestWebhook.Kind, _ words: String) -> OutboxEntry.Content {
    switch kind {
    case .ntfy: ntfy(title: "hubwatch: a test", priority: "default", words)
    case .slack: slack(title: "hubwatch: a test", [SlackText.escaped(words)])
    case .discord: discord(title: "hubwatch: a test", DiscordText.escaped(words))
    }
  }

  // MARK: - ntfy (https://docs.ntfy.sh/publish)

  /// Bytes of a message; a longer one becomes an attachment.
  static let ntfyLimit = 4096

  private static func ntfy(_ brief: BriefDigest, _ title: String) -> OutboxEntry.Content {
    let text = LineBudget.fitted(lines(brief, NtfyText.self), limit: ntfyLimit) { $0.utf8.count }
    return ntfy(title: title, priority: brief.needsPerson ? "high" : "default", text)
  }

  private static func ntfy(title: String, priority: String, _ text: String) -> OutboxEntry.Content {
    .webhook(
      kind: Settings.DigestWebhook.Kind.ntfy.rawValue,
      headers: [
        "Title": ascii(title), "Priority": priority, "Tags": "coffee", "Markdown": "yes",
        "Content-Type": "text/plain; charset=utf-8",
      ], body: text)
  }

  // MARK: - Slack (https://docs.slack.dev/reference/block-kit/blocks)

  /// Characters of a section, and blocks of a message.
  static let slackLimits = (section: 3000, blocks: 50)

  private static func slack(_ brief: BriefDigest, _ title: String) -> OutboxEntry.Content {
    var sections = [SlackText.escaped(brief.summary)]
    let troubles = brief.troubles.map { SlackText.escaped("Trouble: \($0)") }
    for section in brief.sections {
      sections.append(
        LineBudget.fitted(lines(section, SlackText.self), limit: slackLimits.section) { $0.utf16.count })
    }
    if !troubles.isEmpty {
      sections.append(LineBudget.fitted(troubles, limit: slackLimits.section) { $0.utf16.count })
    }
    return slack(title: title, sections)
  }

  private static func slack(title: String, _ sections: [String]) -> OutboxEntry.Content {
    // A header is plain text, which nothing is read into, of at most 150 characters.
    var blocks: [JSONValue] = [
      .object([
        "type": .text("header"),
        "text": .object(["type": .text("plain_text"), "text": .text(String(title.prefix(150))), "emoji": .flag(false)]),
      ])
    ]
    for section in sections.prefix(slackLimits.blocks - 1) {
      blocks.append(
        .object([
          "type": .text("section"),
          // Addresses and names of channels and people within stay text.
          "text": .object(["type": .text("mrkdwn"), "text": .text(section), "verbatim": .flag(true)]),
        ]))
    }
    return json(
      .slack,
      .object([
        "text": .text(SlackText.escaped(String(title.prefix(150)))), "blocks": .list(blocks), "mrkdwn": .flag(false),
        "link_names": .flag(false), "parse": .text("none"), "unfurl_links": .flag(false), "unfurl_media": .flag(false),
      ]))
  }

  // MARK: - Discord (https://discord.com/developers/docs/resources/message)

  /// Characters of an embed's title and of its text.
  static let discordLimits = (title: 256, text: 4096)

  private static func discord(_ brief: BriefDigest, _ title: String) -> OutboxEntry.Content {
    discord(
      title: title,
      LineBudget.fitted(lines(brief, DiscordText.self), limit: discordLimits.text) { $0.utf16.count })
  }

  private static func discord(title: String, _ text: String) -> OutboxEntry.Content {
    json(
      .discord,
      .object([
        // Nobody is called, whatever the text says.
        "allowed_mentions": .object(["parse": .list([])]),
        "embeds": .list([
          .object([
            "title": .text(String(DiscordText.escaped(title).prefix(discordLimits.title))), "description": .text(text),
          ])
        ]),
      ]))
  }

  // MARK: - What they share

  private static func lines(_ brief: BriefDigest, _ markup: any ChatMarkup.Type) -> [String] {
    var lines = [markup.escaped(brief.summary)]
    for section in brief.sections { lines += [""] + self.lines(section, markup) }
    if !brief.troubles.isEmpty { lines.append("") }
    return lines + brief.troubles.map { markup.escaped("Trouble: \($0)") }
  }

  private static func lines(_ section: BriefDigest.Section, _ markup: any ChatMarkup.Type) -> [String] {
    var lines = [markup.strong(section.title)]
    for line in section.lines {
      let name = line.link.flatMap { markup.link(line.name, $0) } ?? markup.escaped(line.name)
      let words = markup.escaped(line.words)
      lines.append(markup.item + [name, words].filter { !$0.isEmpty }.joined(separator: ": "))
    }
    if section.more > 0 { lines.append(markup.item + markup.escaped("and \(section.more) more")) }
    return lines
  }

  private static func json(_ kind: Settings.DigestWebhook.Kind, _ value: JSONValue) -> OutboxEntry.Content {
    .webhook(
      kind: kind.rawValue, headers: ["Content-Type": "application/json; charset=utf-8"], body: value.encoded)
  }

  /// A header's text.
  private static func ascii(_ text: String) -> String {
    String(text.unicodeScalars.prefix(200).map { (32...126).contains($0.value) ? Character($0) : "?" })
  }
}

/// JSON as a webhook takes it, made of values; sorted, so that the same digest gives the same bytes.
enum JSONValue: Encodable {
  case text(String)
  case flag(Bool)
  case list([JSONValue])
  case object([String: JSONValue])

  func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .text(let text): try container.encode(text)
    case .flag(let flag): try container.encode(flag)
    case .list(let values): try container.encode(values)
    case .object(let values): try container.encode(values)
    }
  }

  var encoded: String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    // Texts, flags, lists and objects of them always encode.
    return (try? encoder.encode(self)).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
  }
}

/// Lines within a limit.
enum LineBudget {
  /// As many whole lines as fit; a last one says that there is more.
  ///
  /// - Parameter measure: how long a text is; a line end counts 1.
  static func fitted(_ lines: [String], limit: Int, measure: (String) -> Int) -> String {
    let tail = "… `hubwatch digest` has the rest"
    let whole = lines.joined(separator: "\n")
    if measure(whole) <= limit { return whole }
    var kept: [String] = []
    var room = limit - measure(tail)
    for line in lines {
      let size = measure(line) + 1
      guard size <= room else { break }
      kept.append(line)
      room -= size
    }
    return (kept + [tail]).joined(separator: "\n")
  }
}
