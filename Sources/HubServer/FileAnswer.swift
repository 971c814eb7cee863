import Domain

/// Answers with a file's bytes: conditions first, then the range, then what is to go wrong.
struct FileAnswer: Sendable {
  let repo: Repo
  let file: HostedFile
  /// The strong ETag, without quotes.
  let etag: String
  /// Headers beside those of ranges.
  let headers: [(String, String)]

  /// - Parameter pathFault: a mishap that the request's own path has met already.
  /// - Throws: `HubServerError.unreadable`.
  func answer(_ request: HubRequest, _ faults: FaultScript, pathFault: Fault.Action? = nil) async throws
    -> Answer
  {
    var fault = pathFault
    if fault == nil {
      fault = await faults.next(for: "\(repo.id)/\(file.found.path)", hasBody: !request.isHead)
    }
    if case .status(let status, let seconds) = fault { return .fault(status, retryAfter: seconds) }
    var headers = headers + [("ETag", "\"\(etag)\""), ("Accept-Ranges", "bytes")]
    let size = file.found.size
    if EntityTag.ifNoneMatch(request.header("If-None-Match"), matches: etag) {
      return .notModified(size: size, headers)
    }
    // Range has a meaning for GET alone (RFC 9110, section 14.2).
    let isRanged =
      request.method == "GET" && fault != .ignoreRange
      && EntityTag.ifRange(request.header("If-Range"), matches: etag)
    let open = try OpenFile(file.found.location)
    var answer: Answer
    switch ByteRange.requested(isRanged ? request.header("Range") : nil, size: size) {
    case .whole: answer = Answer(200, headers, body: .file(open, 0..<size))
    case .part(let range):
      headers.append(("Content-Range", "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(size)"))
      answer = Answer(206, headers, body: .file(open, range))
    case .unsatisfiable:
      answer =
        Refusal(
          416, "The range lies outside the file", isJSON: false,
          headers: [("Content-Range", "bytes */\(size)")]
        ).answer
    }
    answer.fault = fault
    return answer
  }
}

extension Answer {
  /// A 304. Its Content-Length is that of the 200 it stands for, as RFC 9110, section 8.6 demands.
  static func notModified(size: Int64, _ headers: [(String, String)]) -> Answer {
    Answer(304, headers + [("Content-Length", "\(size)")])
  }
}
