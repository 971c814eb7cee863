import HTTP
import LoopbackServer
import Testing

@Suite("Cancelling, refusing and ending")
struct LifeTests {
  private static let endless: [LoopbackServer.Step] = [
    .send(Array("HTTP/1.1 200 OK\r\n\r\n".utf8)), .repeatForever([UInt8](repeating: 7, count: 4096)),
  ]

  @Test func cancellingTheTaskEndsTheTransfer() async throws {
    let server = LoopbackServer { _ in Self.endless }
    let client = try makeClient()
    let (begun, signal) = AsyncStream<Void>.makeStream()
    let sink = RecordingSink { signal.yield() }
    let request = HTTPRequest(.get, try server.url(), encoding: .identity, budget: BandwidthBudget { 100_000 })
    let task = Task { try await client.transfer(request, sink: sink) }
    for await _ in begun { break }
    task.cancel()
    await #expect { _ = try await task.value } throws: { ($0 as? HTTPError)?.kind == .cancelled }
  }

  @Test func aTaskThatIsCancelledAlreadySendsNothing() async throws {
    let server = LoopbackServer { _ in Self.endless }
    let client = try makeClient()
    let url = try server.url()
    let task = Task {
      while !Task.isCancelled { await Task.yield() }
      return try await client.data(for: HTTPRequest(.get, url))
    }
    task.cancel()
    await #expect { _ = try await task.value } throws: { ($0 as? HTTPError)?.kind == .cancelled }
    #expect(server.requests.isEmpty)
  }

  @Test func aTransferThatWaitsForItsTurnCanBeCancelled() async throws {
    let server = LoopbackServer { _ in [.hold] }
    let client = try makeClient(maximumTransfers: 1)
    let url = try server.url()
    let first = Task { try await client.data(for: HTTPRequest(.get, url)) }
    while server.requests.isEmpty { await Task.yield() }
    let second = Task { try await client.data(for: HTTPRequest(.get, url)) }
    second.cancel()
    await #expect { _ = try await second.value } throws: { ($0 as? HTTPError)?.kind == .cancelled }
    #expect(server.requests.count == 1)
    first.cancel()
    await #expect { _ = try await first.value } throws: { ($0 as? HTTPError)?.kind == .cancelled }
  }

  @Test func theSinkCanRefuseTheHead() async throws {
    let server = LoopbackServer { _ in Self.endless }
    let sink = RecordingSink(refusesHead: true)
    await #expect(throws: RecordingSink.Refusal.self) {
      _ = try await makeClient().transfer(HTTPRequest(.get, server.url()), sink: sink)
    }
    #expect(sink.bytes.isEmpty)
    #expect(sink.heads.count == 1)
  }

  @Test func theSinkCanRefuseBytes() async throws {
    let server = LoopbackServer { _ in Self.endless }
    let sink = RecordingSink(refusesAfter: 10_000)
    await #expect(throws: RecordingSink.Refusal.self) {
      _ = try await makeClient().transfer(HTTPRequest(.get, server.url()), sink: sink)
    }
    #expect(sink.bytes.count >= 10_000)
    #expect(sink.bytes.count < 10_000 + 512 << 10)
  }

  @Test func aSinkThatRefusesTheHeadOfAnEmptyBody() async throws {
    let server = LoopbackServer { _ in LoopbackServer.answer(404) }
    await #expect(throws: RecordingSink.Refusal.self) {
      _ = try await makeClient().transfer(
        HTTPRequest(.get, server.url()), sink: RecordingSink(refusesHead: true))
    }
  }

  @Test func otherTransfersGoOnAfterOneWasRefused() async throws {
    let server = LoopbackServer { request in
      request.path == "/bad" ? Self.endless : LoopbackServer.answer(text: "good")
    }
    let client = try makeClient()
    for _ in 0..<5 {
      await #expect(throws: RecordingSink.Refusal.self) {
        _ = try await client.transfer(
          HTTPRequest(.get, server.url("/bad")), sink: RecordingSink(refusesHead: true))
      }
      let response = try await client.data(for: HTTPRequest(.get, server.url("/good")))
      #expect(response.body == Array("good".utf8))
    }
  }

  @Test func shutdownCancelsWhatRunsAndRefusesWhatFollows() async throws {
    let server = LoopbackServer { _ in [.hold] }
    let client = try makeClient()
    let url = try server.url()
    let task = Task { try await client.data(for: HTTPRequest(.get, url)) }
    while server.requests.isEmpty { await Task.yield() }
    await client.shutdown()
    await #expect { _ = try await task.value } throws: { ($0 as? HTTPError)?.kind == .cancelled }
    await #expect { _ = try await client.data(for: HTTPRequest(.get, url)) } throws: {
      ($0 as? HTTPError)?.kind == .cancelled
    }
    await client.shutdown()
  }

  @Test func aClientWithoutRequestsEnds() async throws {
    for _ in 0..<20 { await (try makeClient()).shutdown() }
  }
}
