import Domain
import Glibc
import Synchronization

/// Hands mails to a server by SMTP (RFC 5321): one connection a mail, certificates always checked, no password without TLS.
public struct MailClient: Sendable {
  /// The server, and how it is spoken to.
  public struct Configuration: Sendable {
    /// Its name or address; IPv6 in brackets.
    public var host: String
    /// Its port.
    public var port: Int
    /// Whether the connection begins with TLS; otherwise STARTTLS is demanded, unless plain text is allowed.
    public var beginsWithTLS: Bool
    /// Whether a server without TLS will do; never with a user.
    public var allowsPlainText: Bool
    /// The user's name; nil to say none.
    public var user: String?
    /// The user's password.
    public var password: Secret?
    /// A PEM file of certificate authorities to trust; nil for the system's.
    public var certificateAuthorityFile: String?
    /// Which addresses of the host are tried.
    public var addressFamily: HTTPClient.Configuration.AddressFamily
    /// For name, connection and handshake together.
    public var connectLimit: Duration = .seconds(30)
    /// For each answer of the server.
    public var answerLimit: Duration = .seconds(60)
    /// For everything.
    public var totalLimit: Duration = .seconds(300)

    /// A server.
    public init(
      host: String, port: Int, beginsWithTLS: Bool, allowsPlainText: Bool = false, user: String? = nil,
      password: Secret? = nil, certificateAuthorityFile: String? = nil,
      addressFamily: HTTPClient.Configuration.AddressFamily = .any
    ) {
      self.host = host
      self.port = port
      self.beginsWithTLS = beginsWithTLS
      self.allowsPlainText = allowsPlainText && user == nil
      self.user = user
      self.password = password
      self.certificateAuthorityFile = certificateAuthorityFile
      self.addressFamily = addressFamily
    }

    var address: String { "\(beginsWithTLS ? "smtps" : "smtp")://\(host):\(port)" }
  }

  /// How it ended. Words are printable ASCII.
  public enum Outcome: Sendable, Equatable {
    /// The server has taken it, for all receivers; with what it said.
    case accepted(String)
    /// The server has not got it, or has not taken it, for any receiver.
    case failed(String, isTransient: Bool)
    /// It was handed over whole, and no answer came: nobody here knows whether the server has taken it.
    case uncertain(String)
  }

  private let configuration: Configuration

  /// A client of one server.
  public init(_ configuration: Configuration) { self.configuration = configuration }

  /// Sends one mail, to all of its receivers or to none.
  ///
  /// - Parameters:
  ///   - message: headers and body, lines ended by CR LF; dots at the beginning of lines are taken care of.
  ///   - sender: the envelope's sender, an address in ASCII.
  ///   - receivers: the envelope's receivers.
  ///   - willHandOver: called once, right before the first byte of the message goes out, on another thread; false stops it.
  ///     What ends before this call has reached nobody.
  public func send(
    _ message: [UInt8], from sender: String, to receivers: [String],
    willHandOver: @escaping @Sendable () -> Bool = { true }
  ) async -> Outcome {
    guard !receivers.isEmpty, ([sender] + receivers).allSatisfy(Self.isSendable) else {
      return .failed("an address of the mail cannot be sent", isTransient: false)
    }
    let (configuration, isCancelled) = (configuration, CancellationFlag())
    return await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        // libcurl's easy interface blocks.
        let thread = BlockingThread.start {
          guard let transfer = MailTransfer(configuration, message, willHandOver, isCancelled) else {
            continuation.resume(returning: .failed("libcurl cannot be used", isTransient: true))
            return
          }
          continuation.resume(returning: transfer.perform(from: sender, to: receivers))
        }
        if let thread {
          pthread_detach(thread)
        } else {
          continuation.resume(returning: .failed("no thread", isTransient: true))
        }
      }
    } onCancel: {
      isCancelled.set()
    }
  }

  /// Nothing that could end a command or an address within it.
  private static func isSendable(_ address: String) -> Bool {
    (3...320).contains(address.utf8.count)
      && address.utf8.allSatisfy { $0 > 32 && $0 < 127 && !"<>\"\\".utf8.contains($0) }
      && !address.hasPrefix("-")
  }
}
