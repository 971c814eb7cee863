import Domain

extension GGUFHeader {
  /// Reads the header of a file wherever it lies: 1 MiB first, then 8 MiB, then twice as much each time.
  ///
  /// Only what is missing is fetched, never tensor data beyond the step that completes the header.
  ///
  /// - Throws: `ModelFileError` for a bad file, or the reader's own error.
  public static func read(from reader: some RangeReader, name: String) async throws -> GGUFHeader {
    var bytes: [UInt8] = []
    var step: Int64 = 1 << 20
    while true {
      let target = min(step, reader.size)
      if target > Int64(bytes.count) {
        let missing = Int64(bytes.count)..<target
        let part = try await reader.read(missing)
        guard part.count == missing.count else {
          throw ModelFileError(.unreadable, file: name, "bytes \(missing) could not be read in full")
        }
        bytes += part
      }
      switch try parse(bytes, fileSize: reader.size, name: name) {
      case .complete(let header): return header
      case .incomplete(let needed):
        guard needed <= GGUFLimits.remoteHeaderBytes else {
          throw ModelFileError(
            .malformed, file: name, "its header has more than \(GGUFLimits.remoteHeaderBytes) bytes")
        }
        step = step < 8 << 20 ? 8 << 20 : step * 2
        while step < needed { step *= 2 }
        step = min(step, GGUFLimits.remoteHeaderBytes)
      }
    }
  }
}
