import Foundation
import TestSupport
import Testing

@testable import Page

/// The browser, as far as one is there.
enum Chromium {
  static let path = [
    ProcessInfo.processInfo.environment["HUBWATCH_CHROMIUM"], "/usr/bin/chromium-headless-shell", "/usr/bin/chromium",
  ].compactMap(\.self).first { FileManager.default.isExecutableFile(atPath: $0) }
}

/// The page in a real browser, as far as one is there: Debian's chromium-headless-shell, or chromium.
@Suite("The page in Chromium", .enabled(if: Chromium.path != nil, "needs chromium-headless-shell"))
struct BrowserTests {
  /// What look.py says of a view.
  private struct Look: Decodable {
    let path: String
    let view: String
    let scheme: String
    let status: Int
    /// By how much the view is wider than the window.
    let width: Int
    let wide: [String]
    let nameless: [String]
    let faint: [String]
    let said: [String]
    let asked: [String]
    let headings: Int
    let landmarks: [String]
    let lang: String
  }

  @Test func nothingIsTooWideTooFaintOrRefused() async throws {
    let rooms = try Rooms()
    let house = try rooms.house()
    let server = try PageServer(port: 0) { Site(house, port: $0, acts: false) }
    defer { server.stop() }
    let folder = try TemporaryFolder()
    let views = [
      "/", "/models", "/models?q=gguf&fits=0&sort=likes", "/models/maker/good-GGUF", "/models/third/odd", "/downloads",
      "/trends",
    ]
    let outcome = try await Program(path: "/usr/bin/python3").run(
      [
        "\(SharedData.packageRoot)/Tests/PageTests/look.py", try #require(Chromium.path),
        "http://127.0.0.1:\(server.port)",
        folder.path,
      ] + views, environment: ["HOME": folder.path, "PATH": "/usr/bin:/bin"])
    #expect(outcome.status == 0, "\(outcome.error.suffix(2000))")
    let looks = try outcome.output.split(separator: "\n").map {
      try JSONDecoder().decode(Look.self, from: Data($0.utf8))
    }
    #expect(looks.count == views.count * 6)
    for look in looks {
      let place = "\(look.path) \(look.view) \(look.scheme)"
      #expect(look.status == 200 && look.lang == "en" && look.headings == 1 && look.landmarks.isEmpty, "\(place)")
      #expect(look.width <= 0 && look.wide.isEmpty, "\(place) is too wide: \(look.wide)")
      #expect(look.said.isEmpty, "\(place): \(look.said)")
      #expect(look.nameless.isEmpty, "\(place) has controls without a name: \(look.nameless)")
      #expect(look.faint.isEmpty, "\(place) has texts with too little contrast: \(look.faint)")
      let foreign = look.asked.filter { !$0.hasPrefix("http://127.0.0.1:\(server.port)/") && !$0.hasPrefix("data:") }
      #expect(foreign.isEmpty, "\(place) asks elsewhere: \(foreign)")
    }
    let pictures = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".png") }
    #expect(pictures.count == views.count * 4)
  }
}
