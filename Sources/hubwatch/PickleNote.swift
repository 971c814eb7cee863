import Console
import Domain
import ModelFiles

/// Says what a fetched pickle would import when it is loaded. It is never loaded here.
enum PickleNote {
  /// - Returns: 1 when there is more in it than tensors, or it could not be read whole.
  static func say(_ path: String, _ voice: Voice) async throws -> ExitCode {
    let scan = try await PickleScan(try FileRangeReader(path: path))
    guard !scan.isHarmless else {
      voice.note("hubwatch: scanned, not loaded: it imports nothing but what tensors need")
      return .done
    }
    if let gap = scan.gap { voice.note("hubwatch: \(ForeignText.safe(path)) could not be scanned whole: \(gap)") }
    for name in scan.suspicious.prefix(20) {
      voice.note("hubwatch: loading it would import \(ForeignText.safe(name, limit: 200))")
    }
    voice.note("  do not load it unless you trust its author; `hubwatch drop` deletes it")
    return .failed
  }
}
