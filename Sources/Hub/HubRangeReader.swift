import Domain
import HTTP

/// Reads ranges of a file on the hub, so that headers can be looked at before a download.
///
/// The file's location is asked for once and kept until it expires; when it is refused earlier, it is asked for once
/// more.
public actor HubRangeReader: RangeReader {
  /// The most bytes of one read: 1 GiB.
  public static let longestRead: Int64 = 1 << 30
  /// Seconds before its end at which a location is no longer used.
  private static let margin: Double = 60

  /// The file's size in bytes.
  public nonisolated let size: Int64
  private let client: HubClient
  private let id: RepoID
  private let commit: CommitHash
  private let file: ModelFile
  private var resolved: ResolvedFile?

  /// A reader of one file of a commit, as the tree told of it.
  public init(client: HubClient, id: RepoID, commit: CommitHash, file: ModelFile) {
    self.client = client
    self.id = id
    self.commit = commit
    self.file = file
    size = file.size
  }

  /// Exactly the bytes of `range`.
  ///
  /// - Throws: `HubError`; `unexpectedAnswer` when the server sends another range, or the file's size or hash
  ///   is not what the tree said.
  public func read(_ range: Range<Int64>) async throws -> [UInt8] {
    guard !range.isEmpty else { return [] }
    guard range.lowerBound >= 0, range.upperBound <= size, Int64(range.count) <= Self.longestRead else {
      throw HubError(.unexpectedAnswer, name, detail: "bytes \(range) of \(size) cannot be read")
    }
    do {
      return try await fetch(range, try await location())
    } catch let error {
      guard case .locationExpired = error.kind else { throw error }
      resolved = nil
      return try await fetch(range, try await location())
    }
  }

  private var name: String { "\(id)/\(file.path)" }

  /// The kept location, unless it is about to expire.
  private var usable: ResolvedFile? {
    guard let resolved else { return nil }
    let end = resolved.expires.map { Double($0) - Self.margin } ?? .infinity
    return client.clock.now() < end ? resolved : nil
  }

  private func location() async throws(HubError) -> ResolvedFile {
    if let usable { return usable }
    let fresh = try await client.resolve(id, revision: commit.description, path: file.path)
    guard fresh.file.size == file.size, fresh.file.hash == file.hash else {
      throw HubError(.unexpectedAnswer, name, detail: "size or hash differ from the tree's")
    }
    resolved = fresh
    return fresh
  }

  private func fetch(_ range: Range<Int64>, _ place: ResolvedFile) async throws(HubError) -> [UInt8] {
    var request = client.downloadRequest(for: place, from: range.lowerBound, to: range.upperBound)
    request.sharesConnection = true
    // The sink is stricter; this is for the text of a refusal.
    request.limits.body = max(Int64(range.count), 1 << 20)
    return try await client.range(range, of: place, request: request)
  }
}

extension HubClient {
  /// One range into memory, with the usual retries.
  func range(
    _ range: Range<Int64>, of file: ResolvedFile, request: HTTPRequest
  ) async throws(HubError) -> [UInt8] {
    let subject = subject(file.id, file.file.path)
    let (head, bytes) = try await retrying(file.location, subject: subject) {
      () async throws -> (HTTPHead, [UInt8]) in
      let sink = RangeSink(range: range, of: file.file.size)
      do {
        let head = try await http.transfer(request, sink: sink)
        let error = downloadError(head, for: file)
        if case .locationExpired = error.kind, head.status >= 400 { throw error }
        return (head, sink.body)
      } catch let refusal as RangeSink.Refusal {
        throw HubError(.unexpectedAnswer, subject.name, detail: refusal.reason)
      }
    } head: {
      $0.0
    }
    guard head.status == 200 || head.status == 206 else {
      throw HubError(.unexpectedAnswer, subject.name, detail: "status \(head.status) for a range")
    }
    guard bytes.count == range.count else {
      throw HubError(.unexpectedAnswer, subject.name, detail: "\(bytes.count) of \(range.count) bytes")
    }
    return bytes
  }
}
