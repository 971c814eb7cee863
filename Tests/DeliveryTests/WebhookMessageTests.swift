import Digest
import Domain
import Foundation
import FuzzSupport
import Settings
import Testing

@testable import Watch

@Suite("The digest in a chat")
struct WebhookMessageTests {
  private func content(_ kind: Settings.DigestWebhook.Kind, _ story: Story) -> (headers: [String: String], body: String)
  {
    let brief = BriefDigest(story, endpoint: "https://huggingface.co")
    guard case .webhook(_, let headers, let body) = WebhookMessage.content(brief, kind, day: "2026-11-26") else {
      Issue.record("no webhook")
      return ([:], "")
    }
    return (headers, body)
  }

  @Test func ntfyGetsTitlePriorityAndText() {
    let (headers, body) = content(.ntfy, Stories.busy())
    #expect(headers["Title"] == "hubwatch 2026-11-26: 1 ready to try, 10 new, 1 failed")
    #expect(headers["Priority"] == "default" && headers["Markdown"] == "yes")
    #expect(body.hasPrefix("12 models polled since 25 November 2026, 07:00 UTC, 10 new"))
    #expect(
      body.contains("**Ready to try**\n- [org/model](<https://huggingface.co/org/model>): Q4_K_M, 8.03 B parameters"))
    #expect(content(.ntfy, Stories.busy(words: "free 20 GB")).headers["Priority"] == "high")
  }

  @Test func slackGetsBlocks() throws {
    let body = content(.slack, Stories.busy()).body
    let message = try #require(try JSONSerialization.jsonObject(with: Data(body.utf8)) as? [String: Any])
    let blocks = try #require(message["blocks"] as? [[String: Any]])
    #expect(blocks.first?["type"] as? String == "header" && blocks.count <= 50)
    #expect(message["link_names"] as? Bool == false && message["parse"] as? String == "none")
    #expect(body.contains("<https://huggingface.co/org/model|org/model>"))
  }

  @Test func discordCallsNobody() throws {
    let body = content(.discord, Stories.busy()).body
    let message = try #require(try JSONSerialization.jsonObject(with: Data(body.utf8)) as? [String: Any])
    #expect(((message["allowed_mentions"] as? [String: Any])?["parse"] as? [Any])?.isEmpty == true)
    let embed = try #require((message["embeds"] as? [[String: Any]])?.first)
    #expect((embed["description"] as? String)?.contains("[org/model](<https://huggingface.co/org/model>)") == true)
  }

  @Test(arguments: Settings.DigestWebhook.Kind.allCases)
  func aDayWithoutNewsIsOneLine(_ kind: Settings.DigestWebhook.Kind) {
    var story = Story(since: Stories.morning - 86_400, until: Stories.morning)
    story.lastCycleAt = Stories.morning
    let body = content(kind, story).body
    #expect(body.contains("Nothing new since 25 November 2026") && body.contains("all well"))
    if kind == .ntfy { #expect(!body.contains("\n")) }
  }

  @Test("foreign text stays text and within the limits", arguments: Settings.DigestWebhook.Kind.allCases)
  func nothingForeignLives(_ kind: Settings.DigestWebhook.Kind) throws {
    var random = SeededGenerator(state: 3)
    for _ in 0..<250 {
      var story = Stories.busy(name: HostileText.random(&random), words: HostileText.random(&random))
      for index in story.families.indices {
        story.families[index].id = HostileText.random(&random)
        story.families[index].reasons = [HostileText.random(&random), String(repeating: "long ", count: 100)]
      }
      for number in 0..<Int.random(in: 0...40, using: &random) {
        story.needs.append(HostileText.random(&random) + "\(number)" + String(repeating: "x", count: 200))
      }
      let (headers, body) = content(kind, story)
      for (name, value) in headers {
        #expect(value.utf8.allSatisfy { (32...126).contains($0) }, "\(name)")
      }
      switch kind {
      case .ntfy:
        #expect(body.utf8.count <= 4096)
        checkMarkdown(body, "ntfy")
      case .slack: try checkSlack(body)
      case .discord:
        let message = try #require(try JSONSerialization.jsonObject(with: Data(body.utf8)) as? [String: Any])
        let embed = try #require((message["embeds"] as? [[String: Any]])?.first)
        let (title, text) = (try #require(embed["title"] as? String), try #require(embed["description"] as? String))
        #expect(title.utf16.count <= 256 && text.utf16.count <= 4096)
        checkMarkdown(text, "discord")
      }
    }
  }

  /// What is left when links and emphasis of ours are taken away holds no sign that means something.
  private func checkMarkdown(_ text: String, _ what: String) {
    for scalar in text.unicodeScalars where scalar != "\n" {
      switch scalar.properties.generalCategory {
      case .control, .format, .lineSeparator, .paragraphSeparator: Issue.record("\(what): a live \(scalar.value)")
      default: break
      }
    }
    for line in text.split(separator: "\n") {
      let scalars = Array(line.unicodeScalars)
      for (index, scalar) in scalars.enumerated() where scalar == "_" {
        let isInert = WordPart.isWithin(scalars, index) || scalars[index - 1] == "\\" || line.contains("](<https://")
        #expect(isInert, "\(what): \(line.debugDescription)")
      }
      var rest = String(line.hasPrefix("- ") ? line.dropFirst(2) : line)
      rest = rest.replacing("`hubwatch digest`", with: "")
      // Backslashes with what they disarm.
      rest = rest.replacing(/\\[!-\/:-@\[-`{-~]/.matchingSemantics(.unicodeScalar), with: "")
      rest = rest.replacing(
        /\[[^\[\]<>]*\]\(<https:\/\/huggingface\.co\/[A-Za-z0-9\-._\/:%+=?&@]*>\)/.matchingSemantics(.unicodeScalar),
        with: "")
      rest = rest.replacing(/^\*\*[A-Za-z ]+\*\*$/.matchingSemantics(.unicodeScalar), with: "")
      #expect(
        !rest.contains(/[`*\[\]<>|~@]|:\/\/|www\./.matchingSemantics(.unicodeScalar)),
        "\(what): \(rest.debugDescription) of \(line.debugDescription)")
    }
  }

  private func checkSlack(_ body: String) throws {
    let message = try #require(try JSONSerialization.jsonObject(with: Data(body.utf8)) as? [String: Any])
    let blocks = try #require(message["blocks"] as? [[String: Any]])
    #expect(blocks.count <= 50)
    for block in blocks {
      let text = try #require(block["text"] as? [String: Any])
      let words = try #require(text["text"] as? String)
      #expect(!words.isEmpty && words.utf16.count <= (block["type"] as? String == "header" ? 150 : 3000))
      guard text["type"] as? String == "mrkdwn" else { continue }
      #expect(text["verbatim"] as? Bool == true)
      for line in words.split(separator: "\n") {
        var rest = String(line).replacing("`hubwatch digest`", with: "").replacing(
          /&(amp|lt|gt);/.matchingSemantics(.unicodeScalar), with: "")
        rest = rest.replacing(
          /<https:\/\/huggingface\.co\/[A-Za-z0-9\-._\/:%+=?&@]*\|[^|<>]*>/.matchingSemantics(.unicodeScalar), with: "")
        rest = rest.replacing(/^\*[A-Za-z ]+\*$/.matchingSemantics(.unicodeScalar), with: "")
        #expect(
          !rest.contains(/[<>&*~`]|:\/\//.matchingSemantics(.unicodeScalar)),
          "\(rest.debugDescription) of \(line.debugDescription)")
      }
    }
  }

  @Test func linesGiveWayWhole() {
    let lines = (0..<100).map { "line \($0)" }
    let text = LineBudget.fitted(lines, limit: 100) { $0.utf8.count }
    #expect(
      text.utf8.count <= 100 && text.hasPrefix("line 0\nline 1\n") && text.hasSuffix("`hubwatch digest` has the rest"))
    #expect(LineBudget.fitted(["a", "b"], limit: 3) { $0.utf8.count } == "a\nb")
  }
}
