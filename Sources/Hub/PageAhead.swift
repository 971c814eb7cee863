import HTTP

/// A page that was asked for before anybody waits for it. It is given up when nobody will.
final class PageAhead: Sendable {
  private let task: Task<Result<HTTPResponse, HubError>, Never>

  init(_ client: HubClient, _ url: HTTPURL) {
    task = Task {
      do throws(HubError) {
        return .success(try await client.get(url, subject: client.subject()))
      } catch {
        return .failure(error)
      }
    }
  }

  deinit { task.cancel() }

  /// The page, as `HubClient.get` gives it.
  func response() async throws(HubError) -> HTTPResponse {
    let result = await withTaskCancellationHandler {
      await task.value
    } onCancel: {
      task.cancel()
    }
    return try result.get()
  }
}
