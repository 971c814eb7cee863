import Domain
import HTTP

extension HubClient {
  /// Sends the request for a part of a file's body, politely: not to a host that is left alone, and within the quotas
  /// where the hub itself hands out the bytes.
  ///
  /// - Parameters:
  ///   - request: made by `downloadRequest`.
  ///   - http: carries the body.
  /// - Returns: the head, whatever its status, after the last byte of the body.
  /// - Throws: `HubError` of kind `resting` or `rateLimited` when nothing was asked, the sink's own error, `HTTPError`.
  public func transfer(
    _ request: HTTPRequest, of file: ResolvedFile, sink: some BodySink, over http: HTTPClient
  ) async throws -> HTTPHead {
    let (url, subject) = (request.url, subject(file.id, file.file.path))
    if let wait = await gate.pause(of: url.origin.authority) {
      throw HubError(.resting(seconds: wait), url.origin.authority)
    }
    var patience = Patience(options: options)
    try await passGate(url, subject: subject, patience: &patience)
    let head = try await http.transfer(request, sink: sink)
    if let bucket = endpoint.bucket(url) { await gate.observed(head, bucket: bucket) }
    if head.status < 500 { await gate.succeeded(url.origin.authority) }
    return head
  }

  /// A download was given up. When its host was at fault, and is again and again, it is left alone for a while.
  public func gaveUp(on host: String, after error: any Error) async {
    let isFailureOfHost =
      switch error {
      case let error as HubError: error.isFailureOfHost
      case let error as HTTPError: error.isTransient
      default: false
      }
    if isFailureOfHost { await gate.failed(host) }
  }
}
