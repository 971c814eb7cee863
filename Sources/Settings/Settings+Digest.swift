import Domain

extension Settings {
  /// When the digest is written, and to whom it goes.
  public struct Digest: Sendable, Equatable {
    /// A way by which a digest reaches a person.
    public enum Channel: String, Sendable, Codable, Hashable, CaseIterable {
      /// Standard output: the journal, when a unit runs it.
      case stdout
      case file
      case mail
      case webhook
    }

    /// When it is written, local time.
    public var time = TimeOfDay(hour: 7, minute: 0)
    /// The ways that it takes.
    public var channels: [Channel] = [.stdout]
    /// Whether a day without news has no digest.
    public var isQuiet = false
    /// `[digest.file]`
    public var file = DigestFile()
    /// `[digest.mail]`
    public var mail = DigestMail()
    /// `[digest.webhook]`
    public var webhook = DigestWebhook()
  }

  /// The digest as a file.
  public struct DigestFile: Sendable, Equatable {
    /// What it is written in.
    public enum Format: String, Sendable, Equatable, CaseIterable {
      /// As the name's ending says.
      case auto
      case text, markdown, html, json
    }

    /// Its name, with `%Y`, `%m`, `%d` and so on; ending in `/` for a folder with a file a day; empty for `digests` in the
    /// state folder.
    public var path = ""
    /// What it is written in.
    public var format = Format.auto
  }

  /// The digest by mail.
  public struct DigestMail: Sendable, Equatable {
    /// The server; nil for none.
    public var server: MailServer?
    /// The user's name there; empty for none.
    public var user = ""
    /// The sender's address.
    public var from = ""
    /// The receivers' addresses.
    public var to: [String] = []
    /// The local sendmail instead of a server; empty for none.
    public var sendmail = ""
    /// Where sendmail usually lies.
    public static let usualSendmail = "/usr/sbin/sendmail"
  }

  /// The digest by a webhook.
  public struct DigestWebhook: Sendable, Equatable {
    /// Whose form it has.
    public enum Kind: String, Sendable, Equatable, CaseIterable {
      case ntfy, slack, discord
    }

    /// Its address; nil when a credential or the environment has it, or nothing.
    public var address: WebhookAddress?
    /// Whose form it has.
    public var kind = Kind.ntfy
  }
}
