import Domain
import Foundation
import Testing

@testable import Smoke

@Suite("What a process that was taken over may write")
struct ChildAnswerTests {
  private let budget = ByteCount(1 << 30)

  private func read(_ text: String, _ ending: ChildAnswer.Ending = .exited(0)) throws -> ChildReply<SmokeReport> {
    try ChildAnswer.read(SmokeReport.self, from: Data(text.utf8), ending, budget: budget)
  }

  private func mishap(_ text: String, _ ending: ChildAnswer.Ending = .exited(0)) throws -> ChildMishap? {
    guard case .mishap(let mishap) = try read(text, ending) else { return nil }
    return mishap
  }

  private var answer: String {
    get throws {
      var report = SmokeReport(path: "/m", verdict: .pass, reasons: ["fine"])
      report.perplexity = 12
      return String(decoding: try JSONEncoder().encode(report), as: UTF8.self)
    }
  }

  @Test func theLastLineCounts() throws {
    guard case .answer(let report) = try read("\n\n" + answer + "\n\n") else {
      Issue.record("no answer")
      return
    }
    #expect(report.perplexity == 12 && report.reasons == ["fine"])
    #expect(try mishap(answer + "\n{\"mishap\":\"threads\"}\n") == .threadBomb)
    #expect(try mishap("{\"half\":\n{\"mishap\":\"crash\",\"signal\":11}\n", .signaled(11)) == .crashed(signal: 11))
  }

  @Test func notesAreRead() throws {
    #expect(try mishap("{\"mishap\":\"memory\"}", .exited(91)) == .memoryBomb(budget: budget))
    #expect(try mishap("{\"mishap\":\"tooBig\"}", .closed) == .tooBig(budget: budget))
    #expect(try mishap("{\"mishap\":\"forbidden\",\"call\":\"socket\"}", .exited(90)) == .forbidden(call: "socket"))
    #expect(throws: SmokeError.self) { try read("{\"mishap\":\"refused\",\"words\":\"no\"}", .exited(92)) }
    #expect(try mishap("{\"mishap\":\"something\"}") == .silent(status: nil))
  }

  @Test func endingsHaveTheirMeaning() throws {
    let whole = try answer
    #expect(try mishap("", .exited(0)) == .silent(status: 0))
    #expect(try mishap(whole, .exited(7)) == .silent(status: 7))
    #expect(try mishap(whole, .signaled(9)) == .killed)
    #expect(try mishap(whole, .signaled(24)) == .outOfTime)
    #expect(try mishap(whole, .signaled(31)) == .forbidden(call: nil))
    #expect(try mishap(whole, .signaled(11)) == .crashed(signal: 11))
    #expect(try mishap("", .closed) == .killed)
    #expect(try mishap("rubbish", .closed) == .silent(status: nil))
    #expect(try mishap(whole, .closed) == nil)
  }

  /// A name that a process gives its deed is not repeated unless it is known.
  @Test func foreignWordsStayOut() throws {
    let words = ChildMishap.forbidden(call: "\u{1B}[31m rm -rf").words
    #expect(words == "the test process was stopped: it tried to make a forbidden system call")
    #expect(ChildMishap.crashed(signal: Int32.max).words.count < 100)
    #expect(try mishap("{\"mishap\":\"crash\",\"signal\":-5}") == .crashed(signal: 0))
  }

  @Test func everyMishapHasWordsAndAVerdict() {
    let fails: [ChildMishap] = [
      .crashed(signal: 4), .silent(status: 1), .silent(status: nil), .endlessOutput, .forbidden(call: nil),
      .memoryBomb(budget: budget), .threadBomb,
    ]
    let unsaid: [ChildMishap] = [.killed, .timedOut(seconds: 2), .outOfTime, .tooBig(budget: budget)]
    #expect(fails.allSatisfy { $0.verdict == .fail })
    #expect(unsaid.allSatisfy { $0.verdict == .unsupported })
    #expect(Set((fails + unsaid).map(\.words)).count == fails.count + unsaid.count)
  }

  /// Whatever is written, the answer has the form and the bounds of an honest one, or there is none.
  @Test func damagedAnswersAreContained() throws {
    var generator = Numbers(state: 7)
    let seeds = [
      try answer, "{\"mishap\":\"crash\",\"signal\":11}", "{\"mishap\":\"refused\",\"words\":\"\\u0000\"}",
      String(repeating: "[", count: 100_000), "{\"text\":\"" + String(repeating: "x", count: 200_000) + "\"}", "null",
      "",
      "{\"verdict\":\"pass\",\"path\":\"\",\"reasons\":[],\"schema\":\"\",\"probes\":[],\"isolation\":[],"
        + "\"isBrokenContainer\":false,\"perplexity\":1e999,\"peakMemoryBytes\":-9223372036854775808}",
    ].map { Array($0.utf8) }
    for _ in 0..<3000 {
      var bytes = seeds[Int.random(in: 0..<seeds.count, using: &generator)]
      for _ in 0..<Int.random(in: 0...4, using: &generator) where !bytes.isEmpty {
        let place = Int.random(in: 0..<bytes.count, using: &generator)
        switch Int.random(in: 0..<4, using: &generator) {
        case 0: bytes[place] = UInt8.random(in: 0...255, using: &generator)
        case 1: bytes.removeSubrange(place..<min(bytes.count, place + 20))
        case 2: bytes.insert(contentsOf: bytes[place..<min(bytes.count, place + 30)], at: place)
        default: bytes.removeSubrange(place...)
        }
      }
      let ending: ChildAnswer.Ending = [.exited(0), .exited(90), .signaled(11), .closed][bytes.count % 4]
      do {
        guard
          case .answer(let report) = try ChildAnswer.read(
            SmokeReport.self, from: Data(bytes), ending, budget: budget)
        else { continue }
        let bounded = report.withinBounds
        #expect(bounded.reasons.count <= 10 && bounded.reasons.allSatisfy { $0.count <= 1000 })
        #expect(bounded.text.map { $0.count <= SmokeReport.textLimit } ?? true)
        #expect(bounded.perplexity.map { $0.isFinite && $0 >= 0 } ?? true)
        #expect(bounded.peakMemoryBytes.map { $0 >= 0 } ?? true)
        #expect(bounded.isolation.count <= 8)
      } catch let error {
        #expect(error.problem.count <= 1000)
      }
    }
  }

  @Test func requestsComeBackAsTheyWere() throws {
    let request = SmokeRequest(
      .smoke, path: "/a/ä \n\".gguf", threads: 3, timeoutSeconds: 9, memory: ByteCount(1 << 30))
    #expect(try SmokeRequest(document: request.document()) == request)
    #expect(try request.document().count { $0 == UInt8(ascii: "\n") } == 1)
  }

  @Test(arguments: [
    "", "{}", "[]", "{\"version\":1}",
    "{\"version\":2,\"kind\":\"smoke\",\"path\":\"/m\",\"threads\":1,\"timeoutSeconds\":1,\"memoryBytes\":1000000000}",
    "{\"version\":1,\"kind\":\"smoke\",\"path\":\"m\",\"threads\":1,\"timeoutSeconds\":1,\"memoryBytes\":1000000000}",
    "{\"version\":1,\"kind\":\"smoke\",\"path\":\"/m\",\"threads\":0,\"timeoutSeconds\":1,\"memoryBytes\":1000000000}",
    "{\"version\":1,\"kind\":\"smoke\",\"path\":\"/m\",\"threads\":1,\"timeoutSeconds\":0,\"memoryBytes\":1000000000}",
    "{\"version\":1,\"kind\":\"smoke\",\"path\":\"/m\",\"threads\":1,\"timeoutSeconds\":1,\"memoryBytes\":-1}",
    "{\"version\":1,\"kind\":\"smoke\",\"path\":\"/m\\u0000\",\"threads\":1,\"timeoutSeconds\":1,\"memoryBytes\":1000000000}",
    "{\"version\":1,\"kind\":\"other\",\"path\":\"/m\",\"threads\":1,\"timeoutSeconds\":1,\"memoryBytes\":1000000000}",
  ])
  func requestsForTheImpossibleAreRefused(_ text: String) {
    #expect(throws: SmokeError.self) { try SmokeRequest(document: Data(text.utf8)) }
  }

  @Test func theServiceAnswersOnlyHubwatch() {
    let whole = "         0          0 4294967295\n"
    let own = "         0          0          1\n     64000      64000          1\n"
    #expect(PeerCheck.isKnown(990, hubwatch: 990, map: whole))
    #expect(!PeerCheck.isKnown(1000, hubwatch: 990, map: whole))
    #expect(!PeerCheck.isKnown(65_534, hubwatch: 990, map: whole))
    // A namespace of its own, which does not have that user.
    #expect(PeerCheck.isKnown(65_534, hubwatch: 990, map: own))
    #expect(!PeerCheck.isKnown(64_000, hubwatch: 990, map: own))
    #expect(!PeerCheck.isKnown(65_534, hubwatch: nil, map: own))
  }

  @Test func aModelIsItsFiles() {
    #expect(ModelPlaces.parts("/a/m.gguf") == ["/a/m.gguf"])
    #expect(
      ModelPlaces.parts("/a/m-00002-of-00003.gguf")
        == ["/a/m-00001-of-00003.gguf", "/a/m-00002-of-00003.gguf", "/a/m-00003-of-00003.gguf"])
    #expect(ModelPlaces.parts("/a/m-00001-of-99999.gguf").count == 1)
    #expect(ModelPlaces("").files.isEmpty && ModelPlaces("/nonexistent/m.gguf").bytes == 0)
  }

  /// A small generator that gives the same numbers in every run (splitmix64).
  private struct Numbers: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
      state &+= 0x9E37_79B9_7F4A_7C15
      var mixed = state
      mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
      mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
      return mixed ^ (mixed >> 31)
    }
  }
}
