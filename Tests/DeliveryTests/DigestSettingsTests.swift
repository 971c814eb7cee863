import Foundation
import Settings
import Testing

@Suite("[digest] of the configuration")
struct DigestSettingsTests {
  private func problems(_ text: String) -> [String] {
    do {
      _ = try ConfigurationFile.settings(from: text, source: "config.toml")
      return []
    } catch {
      return error.problems.map { "\($0.line ?? 0): \($0.description)" }
    }
  }

  @Test func everyKeyComesBackFromTheDocumentedFile() throws {
    let text = """
      [digest]
      time = "06:30"
      to = ["file", "mail", "webhook"]
      quiet = true
      [digest.file]
      path = "/srv/%Y-%m-%d.md"
      format = "json"
      [digest.mail]
      server = "SMTPS://Mail.example.org"
      user = "me"
      from = "hubwatch@example.org"
      to = ["me@example.org", "you@example.org"]
      [digest.webhook]
      kind = "discord"
      """
    let settings = try ConfigurationFile.settings(from: text, source: "x")
    #expect(settings.digest.mail.server?.description == "smtps://mail.example.org:465")
    #expect(settings.digest.time.minute == 390 && settings.digest.isQuiet)
    let again = try ConfigurationFile.settings(from: ConfigurationFile.documented(settings), source: "x")
    #expect(again == settings)
  }

  @Test func theAddressOfAWebhookIsShownNowhere() throws {
    let settings = try ConfigurationFile.settings(
      from: "[digest.webhook]\nurl = \"https://hooks.example.org/T0KEN\"", source: "x")
    let shown = SettingKey.all.map { $0.render(settings) }.joined() + ConfigurationFile.documented(settings)
    #expect(shown.contains("https://hooks.example.org/***") && !shown.contains("T0KEN"))
    #expect(problems("[digest.webhook]\nurl = \"http://T0KEN.example.org/x\"").allSatisfy { !$0.contains("T0KEN") })
  }

  @Test(
    "what does not go together, or is none",
    arguments: [
      ("[digest]\nto = [\"mail\"]", "2: \"mail\" in digest.to needs digest.mail.server or digest.mail.sendmail"),
      ("[digest]\ntime = \"25:00\"", "2: digest.time is a text but wants a time of the day such as \"07:00\""),
      (
        "[digest]\nto = [\"pigeon\"]",
        "2: digest.to is a list of texts but wants a list of some of \"stdout\", \"file\", \"mail\", \"webhook\""
      ),
      (
        "[digest.mail]\nserver = \"smtp://h\"\nsendmail = true",
        "3: digest.mail.server and digest.mail.sendmail exclude each other"
      ),
      ("[digest.mail]\nuser = \"me\"", "2: digest.mail.user needs digest.mail.server"),
      (
        "[digest.mail]\nserver = \"smtp://me:pw@h\"",
        "2: digest.mail.server is a text but wants an smtps:// or smtp:// address of a host, without user, path or query"
      ),
      (
        "[digest.mail]\nfrom = \"a@b\\r\\nBcc: c@d\"",
        "2: digest.mail.from is a text but wants an address such as \"hubwatch@example.org\""
      ),
      ("[digest.post]\nx = 1", "1: unknown table [digest.post]"),
      ("[a.b.c]", "1: tables are nested too deeply"),
    ])
  func mistakes(_ text: String, _ problem: String) {
    let found = problems(text)
    #expect(found.contains(problem), "\(found)")
  }

  @Test func addressesOfMail() {
    for text in ["a@b", "a.b+c@example.org", "o'neil@example.org"] {
      #expect(problems("[digest.mail]\nfrom = \"\(text)\"").isEmpty, "\(text)")
    }
    for text in [
      "a", "@b", "a@", "a b@c", "-f@x", "a@b@c", "<a@b>", "a@b,c@d", "a@-b", ".a@b", "a..b@c", "ü@b", "a@b.", "a@b c",
    ] {
      #expect(!problems("[digest.mail]\nfrom = \"\(text)\"").isEmpty, "\(text)")
    }
  }

  @Test func namesWithTheDate() throws {
    var calendar = Calendar(identifier: .gregorian)
    calendar.timeZone = .gmt
    #expect(DatedName.name("%Y/%m/%d %H.%M %% x", at: Stories.morning, calendar: calendar) == "2026/11/26 07.00 % x")
    #expect(DatedName.isValid("/a/%Y") && !DatedName.isValid("/a/%q") && !DatedName.isValid("/a/%"))
  }
}
