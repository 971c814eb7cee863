import CLinux
import Domain
import Foundation
import Glibc

/// What the process that runs a foreign model may use and do, set by itself before it reads a byte of the model.
///
/// Three walls, each as far as the kernel has it: limits on resources; Landlock, which leaves of the file system the model's
/// own files; and a filter that leaves of the system calls those that computing needs.
public struct Confinement: Sendable, Equatable {
  /// What stays readable.
  var places: ModelPlaces
  /// Address space in bytes, the mapped files included.
  var addressSpace: UInt64
  /// Memory of its own in bytes, the stacks of its threads included.
  var ownMemory: UInt64
  /// Processor time in seconds, over all threads.
  var cpuSeconds: UInt64

  /// Memory that may be taken beyond the budget before the kernel refuses more; `ProcessGuard` ends the process before.
  private static let slack: UInt64 = 1 << 30

  /// The walls for a request.
  public init(_ request: SmokeRequest) { self.init(request, places: ModelPlaces(request.path)) }

  init(_ request: SmokeRequest, places: ModelPlaces) {
    self.places = places
    let threads = UInt64(max(1, request.threads))
    // Each thread has a stack of 8 MiB, and an arena for which 64 MiB of addresses are reserved.
    let stacks = threads << 23
    let budget = UInt64(max(0, request.memoryBytes))
    ownMemory = budget + Self.slack + stacks
    // The runtime reserves address space that it never touches.
    addressSpace = UInt64(max(0, places.bytes)) + ownMemory + threads << 27 + 2 << 30
    cpuSeconds = UInt64(max(1, request.timeoutSeconds)) * threads
  }

  /// Confines this process, for good.
  ///
  /// Landlock binds the calling thread and those that it makes: there must be no other yet, and that is checked. The filter
  /// binds all threads in any case.
  ///
  /// - Returns: the walls that stand.
  /// - Throws: `SmokeError` when there are other threads already, or the kernel refuses a wall that it has.
  public func apply() throws(SmokeError) -> [String] {
    try requireOneThread()
    let steps: [(String, Int32)] = [
      ("no new privileges", hubwatch_no_new_privileges()),
      ("no core dump", hubwatch_hide_memory()),
      ("no written files", hubwatch_limit(hubwatch_limit_file_bytes, 0)),
      ("open files", hubwatch_limit(hubwatch_limit_open_files, 512)),
      ("processor time", hubwatch_limit(hubwatch_limit_cpu_seconds, cpuSeconds)),
      ("memory", hubwatch_limit(hubwatch_limit_data, ownMemory)),
      ("address space", hubwatch_limit(hubwatch_limit_address_space, addressSpace)),
    ]
    for (name, code) in steps where code != 0 {
      throw SmokeError("the kernel refuses the limit \"\(name)\" (error \(code))")
    }
    let walls = Self.available
    if hubwatch_landlock_version() > 0 {
      try Self.check(places.withPlaces { hubwatch_landlock($0.baseAddress, $0.count) }, "Landlock")
    }
    if hubwatch_can_filter_system_calls() != 0 {
      try Self.check(hubwatch_filter_system_calls(), "the filter of system calls")
    }
    return walls
  }

  /// The walls that this kernel has, for a person: `limits`, `landlock 7`, `seccomp`.
  public static var available: [String] {
    let version = hubwatch_landlock_version()
    return ["limits"] + (version > 0 ? ["landlock \(version)"] : [])
      + (hubwatch_can_filter_system_calls() != 0 ? ["seccomp"] : [])
  }

  private static func check(_ code: Int32, _ wall: String) throws(SmokeError) {
    guard code == 0 else { throw SmokeError("the kernel refuses \(wall) (error \(code))") }
  }

  private func requireOneThread() throws(SmokeError) {
    let tasks = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/task")) ?? []
    // Where /proc is not there, nothing can be said; the filter holds all threads.
    guard tasks.count <= 1 else {
      throw SmokeError("the test process has \(tasks.count) threads before it is confined")
    }
  }
}
