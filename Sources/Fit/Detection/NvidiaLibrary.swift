import Foundation
import Glibc
import Synchronization

/// NVIDIA's cards by the management library of their driver, which is looked for when the program runs.
///
/// Reading memory through it creates no context on the card. Interface:
/// <https://docs.nvidia.com/deploy/nvml-api/>.
enum NvidiaLibrary {
  /// What came of asking.
  enum Answer: Sendable {
    case found([DetectedCard])
    /// There is no such library: no driver.
    case absent
    /// The library is there, but something is wrong; the reason is for a person.
    case failed(String)
  }

  /// The cards.
  ///
  /// A driver that hangs cannot be stopped: the thread that asked it is left behind, and ends with the process.
  static func cards(path: String, patience: Duration) async -> Answer {
    await withCheckedContinuation { continuation in
      let waiting = Mutex<CheckedContinuation<Answer, Never>?>(continuation)
      let box = Waiting(waiting)
      Thread.detachNewThread { box.answer(ask(path)) }
      Task {
        // Nobody cancels it; when the library was faster, its answer has been given already.
        try? await Task.sleep(for: patience)
        box.answer(.failed("no answer within \(patience)"))
      }
    }
  }

  /// Gives the first of two answers.
  private final class Waiting: Sendable {
    private let waiting: Mutex<CheckedContinuation<Answer, Never>?>

    init(_ waiting: consuming Mutex<CheckedContinuation<Answer, Never>?>) { self.waiting = waiting }

    func answer(_ answer: Answer) {
      let continuation = waiting.withLock { waiting in
        let continuation = waiting
        waiting = nil
        return continuation
      }
      continuation?.resume(returning: answer)
    }
  }

  // MARK: The library

  private typealias Handle = UnsafeMutableRawPointer
  private typealias Plain = @convention(c) () -> Int32
  private typealias Count = @convention(c) (UnsafeMutablePointer<UInt32>) -> Int32
  private typealias ByIndex = @convention(c) (UInt32, UnsafeMutablePointer<Handle?>) -> Int32
  private typealias Text = @convention(c) (Handle, UnsafeMutablePointer<CChar>, UInt32) -> Int32
  private typealias Memory = @convention(c) (Handle, UnsafeMutableRawPointer) -> Int32

  private static func symbol<Function>(_ library: Handle, _ names: String..., as type: Function.Type) -> Function? {
    for name in names {
      // The type is that of the function's declaration in nvml.h, and a function pointer has the size of a pointer.
      if let address = dlsym(library, name) { return unsafeBitCast(address, to: type) }
    }
    return nil
  }

  private static func ask(_ path: String) -> Answer {
    guard let library = dlopen(path, RTLD_NOW | RTLD_LOCAL) else { return .absent }
    defer { dlclose(library) }
    guard let start = symbol(library, "nvmlInit_v2", "nvmlInit", as: Plain.self),
      let stop = symbol(library, "nvmlShutdown", as: Plain.self),
      let count = symbol(library, "nvmlDeviceGetCount_v2", "nvmlDeviceGetCount", as: Count.self),
      let byIndex = symbol(
        library, "nvmlDeviceGetHandleByIndex_v2", "nvmlDeviceGetHandleByIndex", as: ByIndex.self),
      let name = symbol(library, "nvmlDeviceGetName", as: Text.self)
    else { return .failed("its library lacks functions that are needed") }
    let started = start()
    guard started == 0 else { return .failed("its library does not start (error \(started))") }
    defer { _ = stop() }
    var devices: UInt32 = 0
    let counted = count(&devices)
    guard counted == 0 else { return .failed("its library does not count the cards (error \(counted))") }
    var cards: [DetectedCard] = []
    for index in 0..<min(devices, 64) {
      var handle: Handle?
      guard byIndex(index, &handle) == 0, let handle else { continue }
      let id = symbol(library, "nvmlDeviceGetUUID", as: Text.self).flatMap { text(handle, $0) }
      guard let (total, free) = memory(library, handle),
        let card = DetectedCard(name: text(handle, name) ?? "NVIDIA card", id: id, total: total, free: free)
      else { continue }
      cards.append(card)
    }
    return cards.isEmpty && devices > 0 ? .failed("none of its \(devices) cards tells its memory") : .found(cards)
  }

  private static func text(_ device: Handle, _ read: Text) -> String? {
    var bytes = [CChar](repeating: 0, count: 128)
    guard read(device, &bytes, 127) == 0 else { return nil }
    return String(decoding: bytes.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// Bytes in all and free. The second version of the function counts what the driver keeps apart; the first is there
  /// in older drivers.
  private static func memory(_ library: Handle, _ device: Handle) -> (total: Int64, free: Int64)? {
    if let read = symbol(library, "nvmlDeviceGetMemoryInfo_v2", as: Memory.self) {
      // version (with padding), total, reserved, free, used
      var words: [UInt64] = [UInt64(40 | 2 << 24), 0, 0, 0, 0]
      if words.withUnsafeMutableBytes({ $0.baseAddress.map { read(device, $0) } ?? -1 }) == 0 {
        return (Int64(clamping: words[1]), Int64(clamping: words[3]))
      }
    }
    guard let read = symbol(library, "nvmlDeviceGetMemoryInfo", as: Memory.self) else { return nil }
    // total, free, used
    var words: [UInt64] = [0, 0, 0]
    guard words.withUnsafeMutableBytes({ $0.baseAddress.map { read(device, $0) } ?? -1 }) == 0 else { return nil }
    return (Int64(clamping: words[0]), Int64(clamping: words[1]))
  }
}
