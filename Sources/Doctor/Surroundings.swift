import CLinux
import Domain
import Foundation
import Glibc
import Settings
import Watch

/// The machine and the process as checks see them; tests put their own in the place of each.
public struct Surroundings: Sendable {
  /// Variables of the process.
  public var environment: [String: String]
  /// Stands before the paths of the system: `/proc`, `/sys`, `/dev`, `/etc`, `/run`, `/usr`, `/var`.
  public var root = ""
  /// The time.
  public var now: Date
  /// When the program was made; nil when nobody knows.
  public var madeAt: Date?
  /// The user who looks.
  public var user: uid_t
  /// That user's name.
  public var userName: String
  /// The version of Landlock that the kernel has; 0 for none.
  public var landlockVersion: Int
  /// Whether the kernel filters system calls.
  public var filtersSystemCalls: Bool
  /// How many files a process may open.
  public var openFiles: UInt64
  /// Whether this machine has a card, and what could not be found out.
  public var cards: @Sendable (Settings.Smoke) async -> (hasCard: Bool, notes: [String])
  /// Asks the hub for something small, and says what went wrong; nil when it is not to be asked.
  public var askHub: (@Sendable (LoadedSettings) async -> String?)?

  /// This machine, this process, and the hub, where `askHub` is given.
  public init(
    environment: [String: String], now: Date, askHub: (@Sendable (LoadedSettings) async -> String?)? = nil
  ) {
    self.environment = environment
    self.now = now
    self.askHub = askHub
    var info = stat()
    // The package sets the time of the program's file to that of its making.
    if stat("/proc/self/exe", &info) == 0 { madeAt = Date(timeIntervalSince1970: Double(info.st_mtim.tv_sec)) }
    user = geteuid()
    userName = NSUserName()
    landlockVersion = Int(hubwatch_landlock_version())
    filtersSystemCalls = hubwatch_can_filter_system_calls() == 1
    var limit = rlimit()
    openFiles = getrlimit(hubwatch_limit_open_files, &limit) == 0 ? UInt64(limit.rlim_max) : .max
    cards = { settings in
      let answer = await DeviceAnswer.visible(settings)
      return (answer.cards != nil, answer.notes)
    }
  }

  /// A path of the system.
  func system(_ path: String) -> String { root + path }

  /// The text of a short file of the system; nil when it cannot be read.
  func text(_ path: String) -> String? {
    guard let handle = FileHandle(forReadingAtPath: system(path)) else { return nil }
    defer { try? handle.close() }
    guard let data = try? handle.read(upToCount: 256 << 10) else { return nil }
    return String(decoding: data, as: UTF8.self)
  }

  /// The names in a folder of the system; none when it is not there.
  func names(_ path: String) -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: system(path))) ?? []).sorted()
  }

  /// Whether a path of the system leads to something, links that lead nowhere included.
  func exists(_ path: String) -> Bool {
    var info = stat()
    return lstat(system(path), &info) == 0
  }

  /// Whether the user may use a path in a way (`R_OK`, `W_OK`, `X_OK` of access(2)).
  func may(_ wanted: Int32, _ path: String) -> Bool {
    if user == geteuid() { return access(path, wanted) == 0 }
    // Of another user the mode is all that can be asked.
    var info = stat()
    guard stat(path, &info) == 0 else { return false }
    let bits = info.st_uid == user ? info.st_mode >> 6 : info.st_mode
    return user == 0 || bits & mode_t(wanted) == mode_t(wanted)
  }
}
