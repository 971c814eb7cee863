import Domain
import Glibc

/// A download that did not end with a verified file.
public struct DownloadError: ReportableError {
  /// What is the matter.
  public enum Kind: Sendable, Equatable {
    /// Too little room on the disk: what is needed and what is free above the reserve.
    case noSpace(needed: ByteCount, free: ByteCount)
    /// More than the quota allows.
    case overQuota(needed: ByteCount, quota: ByteCount, words: String = "")
    /// The bytes are not what the hub announced, twice.
    case wrongContent(found: String)
    /// The hub's answer contradicts the listing or the request.
    case inconsistent(String)
    /// The server does not hand out the file, also not at fresh addresses.
    case refused(status: Int, words: String)
    /// A page for people came instead of the file.
    case webPage
    /// Another program is fetching the same file.
    case inUse
    /// The cache, the partial folder or a file in it cannot be written.
    case storage(String)
    /// A write found no room.
    case diskFull(String)
    /// The disk itself failed to read or write.
    case diskFault(String)
    /// The disk has failed so often lately that nothing more is written to it.
    case failingDisk(until: String)
    /// The disk that the models lie on is not there.
    case absentDisk(String)
    /// The connection broke more often than is worth trying.
    case broken(String)

    /// Whether another try within the same minute may succeed.
    var isPassing: Bool {
      switch self {
      case .inconsistent, .broken: true
      default: false
      }
    }
  }

  /// How the reason of a copy ends that was blocked by a page for people.
  public static let portalWords = "a web page came instead of the file: a captive portal?"

  /// What the reason of a copy says that the quota holds back.
  static let quotaWords = "more than is left of the quota of"

  /// What is the matter.
  public let kind: Kind
  /// The file in its repository, or the folder on disk.
  public let object: String

  /// A failed download of `object`.
  public init(_ kind: Kind, _ object: String) {
    self.kind = kind
    self.object = object
  }

  public var problem: String {
    switch kind {
    case .noSpace(let needed, let free):
      "\(object) needs \(needed.asDisk), but only \(free.asDisk) are free above the reserve"
    case .overQuota(let needed, let quota, let words):
      "\(object) needs \(needed.asDisk), \(Self.quotaWords) \(quota.asDisk)"
        + (words.isEmpty ? "" : ": \(words)")
    case .wrongContent(let found): "\(object) arrived damaged twice: its hash is \(found)"
    case .inconsistent(let reason): "\(object): \(reason)"
    case .refused(let status, let words):
      "\(object) is not handed out (\(status))" + (words.isEmpty ? "" : ": \(words)")
    case .webPage: "\(object): \(Self.portalWords)"
    case .inUse: "\(object) is being fetched by another program"
    case .storage(let reason), .diskFull(let reason), .diskFault(let reason), .absentDisk(let reason):
      "\(object): \(reason)"
    case .failingDisk(let time):
      "\(object): the disk has failed \(StorageHealth.limit) times within a day; nothing is written to it before \(time)"
    case .broken(let reason): "\(object) could not be fetched to its end: \(reason)"
    }
  }

  public var advice: String? {
    switch kind {
    case .noSpace: "free some space or lower downloads.reserve; what has arrived is kept"
    case .overQuota: "raise downloads.quota, or delete a model from the cache"
    case .wrongContent:
      "the hub's copy is probably damaged; the bytes lie in the partial folder for inspection"
    case .inconsistent: "try again; if it stays so, the repository is broken"
    case .refused: "look at the model's page; hubwatch tries again tomorrow"
    case .webPage: "log in to the network, then run the command again"
    case .inUse: "wait for it, then run the command again"
    case .storage: "check the folder's owner and mode, and whether the file system is read-only"
    case .diskFull: "free some space; what has arrived is kept"
    case .diskFault, .failingDisk: "look at the kernel's log (dmesg) and the disk's own report (smartctl)"
    case .absentDisk: "mount it; if you emptied it or put another in its place, `hubwatch gc` begins anew there"
    case .broken: "run the command again; what has arrived is kept"
    }
  }

  public var exitCode: ExitCode {
    switch kind {
    case .broken, .webPage: .hubUnreachable
    case .inUse: .busy
    case .storage, .diskFault, .failingDisk, .absentDisk: .unusableSetup
    default: .failed
    }
  }

  /// Whether the disk is at fault.
  var isOfStorage: Bool {
    switch kind {
    case .noSpace, .storage, .diskFull, .diskFault, .failingDisk, .absentDisk: true
    default: false
    }
  }

  /// Whether it says nothing about the copy, only about the disk that it lies on.
  var isOfTheDiskItself: Bool {
    switch kind {
    case .absentDisk, .failingDisk: true
    default: false
    }
  }

  /// The state in which the copy is left.
  public var copyState: CopyState {
    switch kind {
    case .noSpace, .overQuota, .inUse, .broken, .storage, .diskFull, .diskFault, .failingDisk, .absentDisk: .waiting
    case .inconsistent, .refused, .webPage: .blocked
    case .wrongContent: .quarantined
    }
  }

  /// A failed system call: a full disk and a broken one have kinds of their own.
  static func system(_ call: String, _ path: String, _ code: Int32) -> DownloadError {
    switch code {
    case ENOSPC: DownloadError(.diskFull("the disk is full, or has no room for another file"), path)
    case EDQUOT: DownloadError(.diskFull("the quota that this user has on the disk is used up"), path)
    case EIO: DownloadError(.diskFault("\(call) failed: \(errorText(code))"), path)
    case EXDEV: DownloadError(.storage("it lies on another file system than the partial folder"), path)
    case EACCES, EPERM:
      DownloadError(.storage("\(call) failed: \(errorText(code))\(Folders.owner(above: path))"), path)
    default: DownloadError(.storage("\(call) failed: \(errorText(code))"), path)
    }
  }
}
