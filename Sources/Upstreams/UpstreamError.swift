import Domain

/// A remote repository could not be asked.
public struct UpstreamError: ReportableError, Equatable {
  /// What is the matter.
  public enum Kind: Sendable, Equatable {
    /// There is no git on this machine.
    case gitMissing
    /// git could not be started for another reason.
    case notStarted(String)
    /// git said why not: no network, no such repository, no permission.
    case refused(String)
    /// It did not answer in time.
    case timedOut(seconds: Int64)
    /// It lists more than is read.
    case tooMuch
    /// What it lists is no list of refs.
    case unreadable
    /// It had branches and tags, and now says that it has none.
    case emptied
  }

  /// What is the matter.
  public let kind: Kind
  /// The repository's address.
  public let address: RemoteAddress

  /// The reason alone, without the address; one line of foreign text.
  public var reason: String {
    switch kind {
    case .gitMissing: "git is not installed"
    case .notStarted(let reason): "git could not be started: \(reason)"
    case .refused(let reason): reason
    case .timedOut(let seconds): "no answer within \(seconds) seconds"
    case .tooMuch: "it lists more than \(GitRemote.outputLimit >> 20) MiB of refs"
    case .unreadable: "its list of refs cannot be read"
    case .emptied: "it lists no branch and no tag any more"
    }
  }

  public var problem: String { "\(address): \(reason)" }

  public var advice: String? {
    switch kind {
    case .gitMissing: "install git, or set tools.enabled = false"
    case .refused, .timedOut: "check the address and the network; hubwatch asks again by itself"
    case .notStarted, .tooMuch, .unreadable, .emptied: nil
    }
  }

  public var exitCode: ExitCode { .failed }

  init(_ kind: Kind, _ address: RemoteAddress) {
    self.kind = kind
    self.address = address
  }
}
