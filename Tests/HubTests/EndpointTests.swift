import Domain
import HTTP
import Hub
import Testing

@Suite("Endpoints")
struct EndpointTests {
  @Test(arguments: [
    ("https://huggingface.co", "https://huggingface.co"),
    ("https://huggingface.co/", "https://huggingface.co"),
    ("https://Mirror.Example:8443/hf//", "https://mirror.example:8443/hf"),
    ("http://localhost:8000", "http://localhost:8000"), ("http://127.0.0.1:1/", "http://127.0.0.1:1"),
    ("http://[::1]:1", "http://[::1]:1"),
  ])
  func good(_ text: String, _ description: String) throws {
    #expect(try HubEndpoint(text).description == description)
  }

  @Test(arguments: [
    "", "huggingface.co", "ftp://huggingface.co", "http://huggingface.co", "http://10.0.0.1", "https://",
    "https://user:password@huggingface.co", "https://huggingface.co?x=1", "http://127.0.0.1.evil.example",
    "http://localhost.evil.example", "https://hugging face.co",
  ])
  func bad(_ text: String) {
    #expect(throws: HubError.self) { _ = try HubEndpoint(text) }
    do throws(HubError) {
      _ = try HubEndpoint(text)
    } catch {
      #expect(error.kind == .invalidEndpoint)
      #expect(error.exitCode == .unusableSetup)
    }
  }

  @Test func plainHTTPOnTheCallersWordGetsNoToken() async throws {
    let endpoint = try HubEndpoint("http://10.0.0.1:8080", allowsPrivate: true)
    let client = try HubClient(
      endpoint: endpoint, token: Secret("t"), http: HTTPClient(.init(userAgent: "test")))
    #expect(!client.hasToken)
    #expect(HubClient.userAgent(version: "1.2") == "hubwatch/1.2; swift/6; linux")
  }
}
