/// A mishap of the practice hub: what goes wrong, where, and how often.
public struct Fault: Sendable, Equatable {
  /// What goes wrong.
  public enum Action: Sendable, Equatable {
    /// This status instead of the answer, with `Retry-After` when seconds are given.
    case status(Int, retryAfter: Int? = nil)
    /// The connection is closed after this many bytes of the body.
    case cut(afterBytes: Int64)
    /// The body pauses after this many bytes, and then goes on.
    case stall(afterBytes: Int64, seconds: Double)
    /// `count` bytes of the body from `offset` are inverted.
    case wrongBytes(offset: Int64, count: Int64)
    /// The whole file with status 200, whatever `Range` asks.
    case ignoreRange
  }

  /// Where: a path that starts with `/` is compared with the decoded path of a request to the hub's port;
  /// `org/name/file` means that file's bytes, whichever port sends them.
  public var path: String
  /// What goes wrong.
  public var action: Action
  /// How many answers it spoils before it is used up.
  public var times: Int

  /// A mishap; see the members.
  public init(path: String, action: Action, times: Int = 1) {
    self.path = path
    self.action = action
    self.times = times
  }
}

/// The mishaps that are still to come.
actor FaultScript {
  private var faults: [Fault]

  init(_ faults: [Fault]) { self.faults = faults }

  func add(_ fault: Fault) { faults.append(fault) }

  /// Uses up the first mishap for `path`; nil when there is none. One that spoils bodies waits for a request
  /// that gets a body.
  func next(for path: String, hasBody: Bool) -> Fault.Action? {
    let index = faults.firstIndex { fault in
      guard fault.path == path, fault.times > 0 else { return false }
      if case .status = fault.action { return true }
      return hasBody
    }
    guard let index else { return nil }
    faults[index].times -= 1
    return faults[index].action
  }
}
