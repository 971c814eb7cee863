import Domain
import Foundation
import HTTP
import Settings

/// Mail through a server.
public struct ServerMailChannel: DeliveryChannel {
  private let settings: Settings.DigestMail
  private let certificateAuthorityFile: String?
  private let addressFamily: HTTPClient.Configuration.AddressFamily
  private let password: @Sendable () throws(SettingsError) -> Secret?

  /// - Parameters:
  ///   - settings: the server and the user.
  ///   - certificateAuthorityFile: a PEM file of authorities to trust; nil for the system's.
  ///   - addressFamily: which addresses of the server are tried.
  ///   - password: reads the password, at each try.
  public init(
    _ settings: Settings.DigestMail, certificateAuthorityFile: String?,
    addressFamily: HTTPClient.Configuration.AddressFamily,
    password: @escaping @Sendable () throws(SettingsError) -> Secret?
  ) {
    self.settings = settings
    self.certificateAuthorityFile = certificateAuthorityFile
    self.addressFamily = addressFamily
    self.password = password
  }

  public func send(_ entry: OutboxEntry, willHandOver: @escaping @Sendable () -> Bool) async -> DeliveryOutcome {
    guard case .mail(let from, let to, let message) = entry.content else { return .foreign }
    guard let server = settings.server else { return .refused("no digest.mail.server is set") }
    var secret: Secret?
    if !settings.user.isEmpty {
      do throws(SettingsError) {
        secret = try password()
      } catch {
        return .tryAgain(error.problem)
      }
      guard secret != nil else { return .refused("there is no password for digest.mail.user") }
    }
    let client = MailClient(
      .init(
        host: server.host, port: server.port, beginsWithTLS: server.beginsWithTLS,
        allowsPlainText: server.isLoopback, user: settings.user.isEmpty ? nil : settings.user, password: secret,
        certificateAuthorityFile: certificateAuthorityFile, addressFamily: addressFamily))
    let outcome = await client.send(Array(message.utf8), from: from, to: to, willHandOver: willHandOver)
    switch outcome {
    case .accepted(let words): return .sent(words)
    case .failed(let words, isTransient: true): return .tryAgain(words)
    case .failed(let words, isTransient: false): return .refused(words)
    case .uncertain(let words): return .uncertain(words)
    }
  }
}

/// Mail through the local sendmail, as units of a user have it.
public struct SendmailChannel: DeliveryChannel {
  private let path: String
  private let limit: Duration
  private let environment: [String: String]

  /// - Parameters:
  ///   - path: the program.
  ///   - limit: when it is stopped.
  ///   - environment: that of this process; of it sendmail sees where its home is, and no secret.
  public init(path: String, limit: Duration = .seconds(120), environment: [String: String]) {
    self.path = path
    self.limit = limit
    let wanted = ["HOME", "USER", "LOGNAME", "XDG_CONFIG_HOME", "TZ"]
    self.environment = environment.filter { wanted.contains($0.key) }
      .merging(["PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C"]) { _, new in new }
  }

  public func send(_ entry: OutboxEntry, willHandOver: @escaping @Sendable () -> Bool) async -> DeliveryOutcome {
    guard case .mail(let from, let to, let message) = entry.content else { return .foreign }
    // An address that begins with a hyphen would be an option.
    guard !to.isEmpty, ([from] + to).allSatisfy({ !$0.hasPrefix("-") && !$0.isEmpty }) else {
      return .refused("an address of the mail cannot be sent")
    }
    guard access(path, X_OK) == 0 else { return .refused("\(path) cannot be run") }
    guard willHandOver() else { return .unnoted }
    // Programs expect the line ends of this system.
    let input = Array(message.replacing("\r\n", with: "\n").utf8)
    let end = await ChildProcess.run(
      path, ["-i", "-f", from, "--"] + to, environment: environment, input: input, limit: limit)
    switch end {
    case .notStarted(let words): return .tryAgain("\(path) cannot be started: \(words)")
    case .exit(0, _): return .sent("sendmail has taken it")
    case .exit(let code, let words): return Self.refusal(code, words)
    case .signal(let number, let words): return .uncertain("sendmail was ended by signal \(number)\(words)")
    case .tooLong: return .uncertain("sendmail was still at work after \(limit), and was stopped")
    }
  }

  /// What an exit code of sysexits.h means: the program says that it has not taken the mail.
  static func refusal(_ code: Int32, _ words: String) -> DeliveryOutcome {
    let text = "sendmail said no (exit code \(code))\(words)"
    // EX_USAGE, EX_DATAERR, EX_NOINPUT, EX_NOUSER, EX_SOFTWARE, EX_CANTCREAT, EX_PROTOCOL, EX_NOPERM, EX_CONFIG.
    let isFinal = [64, 65, 66, 67, 70, 73, 76, 77, 78].contains(code)
    return isFinal ? .refused(text) : .tryAgain(text)
  }
}
