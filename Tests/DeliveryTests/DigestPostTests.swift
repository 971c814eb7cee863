import Digest
import Foundation
import FuzzSupport
import Settings
import Synchronization
import TestSupport
import Testing

@testable import Watch

/// A post whose story and ways the test decides, in a state folder of its own.
final class PracticePost: Sendable {
  let folder: TemporaryFolder
  /// The windows that were told, in order.
  let told = Mutex<[(since: Date?, until: Date)]>([])
  /// What the ways were given.
  let received = Mutex<[(channel: DeliveryChannelName, entry: OutboxEntry)]>([])
  /// What they answer.
  let answers = Mutex<[DeliveryChannelName: DeliveryOutcome]>([:])
  let story = Mutex<@Sendable (Date?, Date) -> Story>({ Stories.busy(since: $0, until: $1) })

  init() throws { folder = try TemporaryFolder() }

  private struct Way: DeliveryChannel {
    let name: DeliveryChannelName
    let post: PracticePost
    func send(_ entry: OutboxEntry, willHandOver: @escaping @Sendable () -> Bool) async -> DeliveryOutcome {
      let answer = post.answers.withLock { $0[name] ?? .sent("ok") }
      switch answer {
      case .sent, .uncertain: guard willHandOver() else { return .unnoted }
      case .tryAgain, .refused: break
      }
      post.received.withLock { $0.append((name, entry)) }
      return answer
    }
  }

  static let channels = """
    to = ["stdout", "mail", "webhook"]
    [digest.mail]
    server = "smtp://localhost:25"
    from = "hubwatch@example.org"
    to = ["me@example.org"]
    """

  /// The last moment of what is known; nil for now.
  let lastMoment = Mutex<Date?>(nil)

  func post(_ configuration: String = channels, zone: String = "Europe/Berlin") throws -> DigestPost {
    let settings = try ConfigurationFile.settings(from: "[digest]\n\(configuration)", source: "test").digest
    var calendar = Calendar(identifier: .gregorian)
    calendar.timeZone = try #require(TimeZone(identifier: zone))
    return DigestPost(
      state: folder.path, settings: settings,
      composer: DigestComposer(
        settings, endpoint: "https://huggingface.co", state: folder.path, home: "/home/me", host: "test"),
      calendar: calendar, end: { now in self.lastMoment.withLock { $0 } ?? now },
      content: { since, end, _ in
        self.told.withLock { $0.append((since, end)) }
        return DigestContent(story: self.story.withLock { $0 }(since, end))
      }, sender: { Way(name: $0, post: self) })
  }

  var windows: [(since: Date?, until: Date)] { told.withLock { $0 } }
  func count(_ channel: DeliveryChannelName) -> Int { received.withLock { $0.count { $0.channel == channel } } }
  func report(at now: Date) throws -> OutboxReport { try OutboxReport(Outbox(state: folder.path), at: now) }
  var records: [DigestRecord] { get throws { try Outbox(state: folder.path).digests() } }
}

@Suite("The digest of every day")
struct DigestPostTests {
  private func time(_ text: String) throws -> Date { try Date(text, strategy: .iso8601) }

  @Test func onceADayFromTheHourOn() async throws {
    let practice = try PracticePost()
    let post = try practice.post("time = \"07:00\"\n" + PracticePost.channels)
    // 07:00 in Berlin is 06:00 UTC in winter.
    #expect(try await !post.writeIfDue(at: time("2026-11-26T05:59:59Z")))
    #expect(try await post.writeIfDue(at: time("2026-11-26T06:00:00Z")))
    #expect(try await !post.writeIfDue(at: time("2026-11-26T06:01:00Z")))
    #expect(try await !post.writeIfDue(at: time("2026-11-26T22:59:00Z")))
    #expect(try await !post.writeIfDue(at: time("2026-11-27T05:00:00Z")))
    #expect(try await post.writeIfDue(at: time("2026-11-27T06:00:00Z")))
    #expect(try practice.records.map(\.day) == ["2026-11-26", "2026-11-27"])
    #expect(practice.windows.map(\.since) == [nil, try time("2026-11-26T06:00:00Z")])
    #expect(post.nextDue(after: try time("2026-11-27T06:00:00Z")) == (try time("2026-11-28T06:00:00Z")))
  }

  @Test func aMachineThatSleptGetsOneOverAllOfIt() async throws {
    let practice = try PracticePost()
    let post = try practice.post()
    #expect(try await post.writeIfDue(at: time("2026-11-20T06:10:00Z")))
    #expect(try await post.writeIfDue(at: time("2026-11-26T14:00:00Z")))
    #expect(try await !post.writeIfDue(at: time("2026-11-26T14:00:01Z")))
    let window = try #require(practice.windows.last)
    #expect(try window.since == time("2026-11-20T06:10:00Z"))
    #expect(try window.until == time("2026-11-26T14:00:00Z"))
  }

  @Test func aClockThatIsSetBackWritesNoSecondOne() async throws {
    let practice = try PracticePost()
    let post = try practice.post()
    #expect(try await post.writeIfDue(at: time("2026-11-26T06:05:00Z")))
    #expect(try await !post.writeIfDue(at: time("2026-11-26T06:00:10Z")))
    #expect(try await post.writeIfDue(at: time("2026-11-27T06:00:10Z")))
    // Far ahead by mistake, and back again: no day is left out, and none comes twice.
    #expect(try await post.writeIfDue(at: time("2031-01-01T08:00:00Z")))
    #expect(try await !post.writeIfDue(at: time("2026-11-27T09:00:00Z")))
    #expect(try await post.writeIfDue(at: time("2026-11-28T06:00:10Z")))
    #expect(try await post.writeIfDue(at: time("2026-11-29T06:00:10Z")))
    #expect(
      practice.windows.suffix(2).map(\.since) == [try time("2026-11-27T06:00:10Z"), try time("2026-11-28T06:00:10Z")])
  }

  @Test func whereMomentsAreKnownTheClockDoesNotMatter() async throws {
    let practice = try PracticePost()
    let post = try practice.post()
    var moments: [Date?] = [nil]
    for (number, wall) in [
      "2026-11-26T07:00:00Z", "2031-01-01T07:00:00Z", "2026-11-27T07:00:00Z", "2026-11-28T07:00:00Z",
    ]
    .enumerated() {
      let moment = Stories.morning + Double(number) * 100 + 0.001_25
      practice.lastMoment.withLock { $0 = moment }
      #expect(try await post.write(at: time(wall)))
      moments.append(moment)
    }
    // Each begins where the one before it has ended, to the last bit.
    #expect(practice.windows.map(\.since) == Array(moments.dropLast()))
    #expect(practice.windows.map(\.until) == moments.compactMap { $0 })
    // Messages carry the clock on the wall.
    _ = try await post.deliver(at: time("2026-11-28T07:00:00Z"))
    let days = practice.received.withLock { Set($0.map(\.entry.day)) }
    #expect(days == ["2026-11-26", "2031-01-01", "2026-11-27", "2026-11-28"])
  }

  @Test("any life of the clock: every day that was there once has one digest, and windows leave no gap")
  func anyLife() async throws {
    var random = SeededGenerator(state: 4)
    for _ in 0..<12 {
      let practice = try PracticePost()
      let post = try practice.post("to = [\"webhook\"]")
      var now = Stories.morning
      var days: Set<String> = []
      for _ in 0..<40 {
        // Mostly forward; sometimes asleep, sometimes back by hours.
        now += [600, 3600, 20_000, 86_400, 400_000, -3600, -20_000].randomElement(using: &random) ?? 600
        if try await post.writeIfDue(at: now) {
          let record = try #require(try practice.records.last)
          #expect(days.insert(record.day).inserted, "two of \(record.day)")
          #expect(record.end == now.timeIntervalSince1970 && record.writtenAt <= now)
          if let since = record.since { #expect(since <= record.end) }
        }
      }
      let records = try practice.records
      #expect(records.map(\.sequence) == Array(1...records.count))
      // Each begins where an earlier one has ended, or begun when nothing earlier has ended by then: there is no gap.
      for (place, record) in records.enumerated() {
        guard let since = record.since else { continue }
        #expect(records[..<place].contains { $0.end == since || $0.since == since })
      }
    }
  }

  @Test func whatWasCutOffIsFinishedAsTheSameDigest() async throws {
    let practice = try PracticePost()
    let outbox = try Outbox(state: practice.folder.path)
    let record = DigestRecord(
      day: "2026-11-26", sequence: 1, since: try time("2026-11-25T06:00:00Z").timeIntervalSince1970,
      end: try time("2026-11-26T06:00:00Z").timeIntervalSince1970 + 0.123_25,
      writtenAt: try time("2026-11-26T06:00:01Z"),
      channels: [.stdout, .webhook])
    #expect(try outbox.add(record))
    let post = try practice.post("to = [\"mail\"]\n[digest.mail]\nsendmail = true\nfrom = \"a@b\"\nto = [\"a@b\"]")
    #expect(try await !post.writeIfDue(at: time("2026-11-26T09:00:00Z")))
    #expect(practice.windows.map(\.until.timeIntervalSince1970) == [record.end])
    #expect(practice.windows.map(\.since?.timeIntervalSince1970) == [record.since])
    #expect(
      outbox.has(.stdout, of: record.day) && outbox.has(.webhook, of: record.day) && !outbox.has(.mail, of: record.day))
    // A message that has left and was cleared away is not made again.
    _ = try await post.deliver(at: time("2026-11-26T09:00:00Z"))
    try outbox.folder.remove("2026-11-26.webhook.json")
    #expect(try await !post.writeIfDue(at: time("2026-11-26T10:00:00Z")))
    #expect(practice.windows.count == 1)
  }

  @Test func aQuietDayIsDoneWithoutAMessage() async throws {
    let practice = try PracticePost()
    practice.story.withLock { $0 = { since, until in Story(since: since, until: until) } }
    let post = try practice.post("quiet = true\nto = [\"stdout\"]")
    #expect(try await post.writeIfDue(at: time("2026-11-26T06:05:00Z")))
    #expect(try await !post.writeIfDue(at: time("2026-11-26T08:05:00Z")))
    #expect(try await post.deliver(at: time("2026-11-26T08:05:00Z")) == nil && practice.count(.stdout) == 0)
    let loud = try practice.post("to = [\"stdout\"]")
    #expect(try await loud.writeIfDue(at: time("2026-11-27T06:05:00Z")))
    _ = try await loud.deliver(at: time("2026-11-27T06:05:00Z"))
    let entry = try #require(practice.received.withLock { $0.first?.entry })
    guard case .stdout(let text) = entry.content else {
      Issue.record("no text")
      return
    }
    #expect(text.hasPrefix("Nothing new since 26 November 2026, 06:05 UTC") && !text.contains("\n"))
  }

  @Test func noWayNoDigest() async throws {
    let practice = try PracticePost()
    #expect(try await !practice.post("to = []").writeIfDue(at: time("2026-11-26T09:00:00Z")))
    #expect(!FileManager.default.fileExists(atPath: "\(practice.folder.path)/outbox"))
    #expect(try await practice.post("to = []").deliver(at: time("2026-11-26T09:00:00Z")) == nil)
  }

  @Test(
    "where files lie",
    arguments: [
      ("", "auto", "STATE/digests/2026-11-26.html", "html"),
      ("/srv/%Y/%m-%d.md", "auto", "/srv/2026/11-26.md", "markdown"),
      ("~/notes/", "json", "/home/me/notes/2026-11-26.json", "json"), ("/a/%%/x", "auto", "/a/%/x", "text"),
      ("/a/x.HTML", "auto", "/a/x.HTML", "html"), ("/a/x.html", "text", "/a/x.html", "text"),
    ])
  func files(_ path: String, _ format: String, _ place: String, _ written: String) throws {
    let practice = try PracticePost()
    let settings = try ConfigurationFile.settings(
      from: "[digest.file]\npath = \"\(path)\"\nformat = \"\(format)\"", source: "x"
    ).digest
    let composer = DigestComposer(
      settings, endpoint: "https://h", state: practice.folder.path, home: "/home/me", host: "test")
    var calendar = Calendar(identifier: .gregorian)
    calendar.timeZone = .gmt
    let file = composer.file(at: Stories.morning, calendar)
    #expect(file.path == place.replacing("STATE", with: practice.folder.path) && file.format.rawValue == written)
  }
}
