import FlyingFox
import Foundation

/// Turns requests into answers and answers into responses, and keeps the log.
struct ConnectionHandler: HTTPHandler {
  let port: RequestRecord.Port
  let parts: HubParts
  let answer: @Sendable (HubRequest) async -> Answer

  func handleRequest(_ request: HTTPRequest) async throws -> HTTPResponse {
    let request = try await HubRequest(request)
    let answer = await answer(request)
    let number = await parts.log.add(
      RequestRecord(
        method: request.method, path: request.path, query: port == .hub ? request.rawQuery : "",
        range: request.header("Range"), status: answer.status, bodyBytes: 0,
        hadAuthorization: request.header("Authorization") != nil, port: port))

    var headers = HTTPHeaders()
    for (name, value) in answer.headers { headers.addValue(value, for: HTTPHeader(name)) }
    headers[.date] = HubTime.header(parts.options.now())
    headers[HTTPHeader("X-Request-Id")] = UUID().uuidString
    let status = HTTPStatusCode(answer.status, phrase: Self.phrase(answer.status))
    // A body that is not sent still has its length told.
    if request.isHead || answer.status == 304 {
      if headers[.contentLength] == nil { headers[.contentLength] = "\(answer.body.count)" }
      return HTTPResponse(statusCode: status, headers: headers)
    }
    let stream = BodyStream(
      body: answer.body, fault: answer.fault, bytesPerSecond: parts.options.bytesPerSecond, log: parts.log,
      number: number)
    let body = HTTPBodySequence(
      from: stream, count: Int(answer.body.count), suggestedBufferSize: BodyStream.chunk)
    return HTTPResponse(statusCode: status, headers: headers, body: body)
  }

  private static func phrase(_ status: Int) -> String {
    let phrases = [
      200: "OK", 206: "Partial Content", 302: "Found", 304: "Not Modified", 307: "Temporary Redirect",
      400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed",
      414: "URI Too Long", 416: "Range Not Satisfiable", 429: "Too Many Requests",
      500: "Internal Server Error",
      502: "Bad Gateway", 503: "Service Unavailable", 504: "Gateway Timeout",
    ]
    return phrases[status] ?? "Status \(status)"
  }
}
