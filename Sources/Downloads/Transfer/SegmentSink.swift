import Domain
import HTTP
import Synchronization

/// Takes the answer to a request for a range, and writes it where it belongs: or not a byte of it.
final class SegmentSink: BodySink {
  private let target: PartialFile
  private let claim: PartialFile.Claim
  /// Whether no range was asked for.
  private let isWhole: Bool
  private struct State {
    var isBodyExpected = false
    var received: Int64 = 0
    /// The beginning of an error's body, for a person.
    var excerpt: [UInt8] = []
    /// Bytes that are not written yet.
    var piece: [UInt8] = []
  }
  private let state = Mutex(State())

  /// Bytes are written in pieces of this size that begin at multiples of it: curl hands out a few at a time, and the
  /// kernel first clears a page of which only a part is written.
  private static let pieceBytes = 128 << 10

  init(_ target: PartialFile, _ claim: PartialFile.Claim, isWhole: Bool) {
    self.target = target
    self.claim = claim
    self.isWhole = isWhole
  }

  /// Writes what has come and is not written yet.
  ///
  /// - Throws: `DownloadError`.
  func flush() throws(DownloadError) {
    try state.withLock { (state) throws(DownloadError) in _ = try write(&state) }
  }

  private func write(_ state: inout State) throws(DownloadError) -> PartialFile.Fate {
    guard !state.piece.isEmpty else { return .wanted }
    // Whatever becomes of it, it is not written twice.
    defer { state.piece.removeAll(keepingCapacity: true) }
    let fate = state.piece.withUnsafeBytes { bytes in
      Result { () throws(DownloadError) in try target.write(bytes, for: claim) }
    }
    return try fate.get()
  }

  /// Bytes of the body so far.
  var received: Int64 { state.withLock { $0.received } }

  /// The first words of an error's body, printable.
  var excerpt: String {
    let bytes = state.withLock { $0.excerpt }
    return String(bytes.map { (32...126).contains($0) ? Character(UnicodeScalar($0)) : " " })
  }

  func receive(head: HTTPHead) throws {
    switch head.status {
    case 206:
      guard let found = head.contentRange, found.isExactly(claim.range, of: target.file.size) else {
        throw SegmentFault.wrongRange(head.headers["Content-Range"] ?? "none is named")
      }
      if let length = head.contentLength, length != Int64(claim.range.count) {
        throw SegmentFault.wrongRange("\(length) bytes of body")
      }
    case 200:
      if let length = head.contentLength, length != target.file.size {
        throw DownloadError(
          .inconsistent("the listing says \(target.file.size) bytes, the server \(length)"),
          target.file.path.description)
      }
      if Self.isPage(head) { throw SegmentFault.webPage }
      // A whole body is only right at the start; at any other offset it would be written in the wrong place.
      guard isWhole || target.widen(claim) else { throw SegmentFault.rangeIgnored }
    case 416: throw SegmentFault.rangeBeyondEnd
    case 400...: return
    default: throw SegmentFault.wrongStatus(head.status)
    }
    if Self.isPage(head) { throw SegmentFault.webPage }
    if let tag = head.headers["ETag"], tag.utf8.count <= 256, !tag.hasPrefix("W/"),
      !target.admits("\(head.url.origin.host) \(tag)")
    {
      throw SegmentFault.entityChanged
    }
    state.withLock { $0.isBodyExpected = true }
  }

  private static func isPage(_ head: HTTPHead) -> Bool {
    head.headers["Content-Type"]?.lowercased().hasPrefix("text/html") ?? false
  }

  func receive(bytes: UnsafeRawBufferPointer) throws {
    try state.withLock { state in
      guard state.isBodyExpected else {
        state.excerpt += bytes.prefix(200 - state.excerpt.count)
        return
      }
      if state.received == 0, claim.range.lowerBound == 0, let reason = Self.objection(bytes, to: target.file) {
        throw SegmentFault.wrongContent(reason)
      }
      var rest = bytes[...]
      while !rest.isEmpty {
        let place = claim.range.lowerBound + state.received
        let end = place < claim.range.upperBound ? claim.range.upperBound : target.file.size
        guard place < end else { throw SegmentFault.complete }
        let room = min(Int64(Self.pieceBytes) - place % Int64(Self.pieceBytes), end - place)
        let taken = rest.prefix(Int(room))
        state.piece.append(contentsOf: taken)
        state.received += Int64(taken.count)
        rest = rest.dropFirst(taken.count)
        guard taken.count == Int(room) else { break }
        let isAtEnd = place + room == claim.range.upperBound && rest.isEmpty
        if try write(&state) == .full, !isAtEnd { throw SegmentFault.complete }
      }
    }
  }

  /// Why the first bytes cannot be those of a file with this name; nil when they can.
  static func objection(_ bytes: UnsafeRawBufferPointer, to file: ModelFile) -> String? {
    if case .sha256 = file.hash, bytes.starts(with: "version https://git-lfs.github.com/spec/".utf8) {
      return "an LFS pointer came instead of the file"
    }
    let name = file.path.fileName.lowercased()
    guard bytes.count >= 8, file.size >= 8 else { return nil }
    if name.hasSuffix(".gguf"), !bytes.starts(with: "GGUF".utf8) { return "the bytes are not those of a GGUF file" }
    if name.hasSuffix(".safetensors") {
      let length = UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self))
      if length > UInt64(clamping: file.size - 8) { return "the bytes are not those of a safetensors file" }
    }
    return nil
  }
}
