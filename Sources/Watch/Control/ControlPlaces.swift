import Foundation
import Glibc

/// Where the control socket lies.
///
/// The daemon listens in the folder that systemd made for it (`RUNTIME_DIRECTORY`), else in its state folder; then a link
/// in the state folder says so to whoever knows only that.
public struct ControlPlaces: Sendable, Equatable {
  /// The state folder.
  public let state: String
  private let runtime: String?
  private let systemSocket: String

  /// The socket of the system's daemon, for whoever has no state of their own.
  public static let system = "/run/hubwatch/control"

  /// - Parameters:
  ///   - state: the state folder.
  ///   - environment: `RUNTIME_DIRECTORY`, of which the first folder counts; `HUBWATCH_SYSTEM_SOCKET` in place of
  ///     `/run/hubwatch/control`.
  public init(state: String, environment: [String: String]) {
    func value(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
    self.state = state
    runtime = value("RUNTIME_DIRECTORY").map { String($0.prefix { $0 != ":" }) }
    systemSocket = value("HUBWATCH_SYSTEM_SOCKET") ?? Self.system
  }

  private var inState: String { "\(state)/control" }

  /// Where a daemon with this environment listens.
  public var listening: String { runtime.map { "\($0)/control" } ?? inState }

  /// Leaves a link in the state folder when the socket lies elsewhere. Only for who holds the state.
  public func leaveLink() {
    guard listening != inState else { return }
    unlink(inState)
    symlink(listening, inState)
  }

  /// The daemon that holds the state, if it listens; its socket may still be a dead one's.
  public var client: ControlClient? {
    [inState, listening].first { Self.isSocket($0) }.map { ControlClient(path: $0) }
  }

  /// The system's daemon, when nothing was ever recorded in the state folder and this user may ask it.
  public var systemClient: ControlClient? {
    guard access("\(state)/hubwatch.sqlite", F_OK) != 0, systemSocket != listening, Self.isSocket(systemSocket),
      access(systemSocket, W_OK) == 0
    else { return nil }
    return ControlClient(path: systemSocket)
  }

  private static func isSocket(_ path: String) -> Bool {
    var info = stat()
    return stat(path, &info) == 0 && info.st_mode & S_IFMT == S_IFSOCK
  }
}
