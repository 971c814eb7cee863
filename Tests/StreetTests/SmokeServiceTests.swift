import Foundation
import TestSupport
import Testing

/// The command line with models run by a service behind a socket, as under systemd.
@Suite("Models behind a socket")
struct SmokeServiceTests {
  private func house(_ socket: String) throws -> HouseProgram {
    try HouseProgram(endpoint: "http://127.0.0.1:9", configuration: "[smoke]\nsocket = \"\(socket)\"\n")
  }

  private func model(in folder: TemporaryFolder) throws -> String {
    let path = "\(folder.path)/tiny.gguf"
    try Data(TinyLlama.bytes()).write(to: URL(fileURLWithPath: path))
    return path
  }

  private func json(_ text: String) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
  }

  @Test func theServiceTestsAndTellsOfCards() async throws {
    let folder = try TemporaryFolder()
    let path = try model(in: folder)
    let (smoke, cards) = try await SocketService.with(program: hubwatch().path, arguments: ["smoke-child"]) { service in
      let house = try house(service.socket)
      return (try await house.run("smoke", "--json", path), try await house.run("smoke", "--devices", "--json"))
    }
    let report = try json(smoke.output)
    #expect(report["architecture"] as? String == "llama", "\(smoke.output) \(smoke.errors)")
    #expect((report["isolation"] as? [String])?.first == "limits")
    let devices = try json(cards.output)
    #expect(devices["schema"] as? String == "hubwatch.devices/1" && devices["cards"] is [Any])
    #expect((devices["notes"] as? [String]) == [])
  }

  @Test func aServiceThatIsNotThereIsSaid() async throws {
    let house = try house("/nonexistent/smoke.sock")
    let folder = try TemporaryFolder()
    let path = try model(in: folder)
    let smoke = try await house.run("smoke", path)
    #expect(smoke.code == 1 && smoke.errors.contains("/nonexistent/smoke.sock does not answer"), "\(smoke.errors)")
  }

  @Test func devicesAndAModelExcludeEachOther() async throws {
    let house = try house("")
    #expect(try await house.run("smoke", "--devices", "x.gguf").code == 64)
    #expect(try await house.run("smoke").code == 64)
    #expect(try await house.run("smoke", "--devices").code == 0)
  }
}
