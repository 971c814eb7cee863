import CLinux
import Domain

/// What the child process may use, set by itself before it reads a byte of the model.
public struct Confinement: Sendable, Equatable {
  /// Address space in bytes, the mapped file included.
  public var addressSpace: UInt64
  /// Processor time in seconds, over all threads.
  public var cpuSeconds: UInt64

  /// Limits for a file of `fileBytes`.
  ///
  /// - Parameters:
  ///   - fileBytes: mapped whole, so that it counts as address space.
  ///   - memory: what the test may allocate beside it.
  ///   - timeoutSeconds: wall time of the whole test.
  ///   - threads: each may use that time.
  public init(fileBytes: Int64, memory: ByteCount, timeoutSeconds: Int, threads: Int) {
    // Threads and the runtime reserve address space that they never touch.
    let reserved: UInt64 = 2 << 30
    addressSpace = UInt64(max(0, fileBytes)) &+ UInt64(memory.bytes) &+ reserved
    cpuSeconds = UInt64(max(1, timeoutSeconds)) * UInt64(max(1, threads))
  }

  /// Applies the limits to this process, for good: no core dump, no file written, no privilege gained.
  ///
  /// - Throws: `SmokeError` when the kernel refuses one.
  public func apply() throws(SmokeError) {
    let steps: [(String, Int32)] = [
      ("no new privileges", hubwatch_no_new_privileges()),
      ("no core dump", hubwatch_limit(hubwatch_limit_core_bytes, 0)),
      ("no files", hubwatch_limit(hubwatch_limit_file_bytes, 0)),
      ("processor time", hubwatch_limit(hubwatch_limit_cpu_seconds, cpuSeconds)),
      ("address space", hubwatch_limit(hubwatch_limit_address_space, addressSpace)),
    ]
    for (name, code) in steps where code != 0 {
      throw SmokeError("the kernel refuses the limit \"\(name)\" (error \(code))")
    }
  }
}

/// The smoke test itself could not be carried out; nothing is said about the model.
public struct SmokeError: ReportableError, Equatable {
  public let problem: String
  public var advice: String? { nil }
  public var exitCode: ExitCode { .failed }

  init(_ problem: String) { self.problem = problem }
}
