import Domain
import Foundation
import Settings
import TestSupport
import Testing

@Suite("The configuration file")
struct ConfigurationFileTests {
  private func problems(_ text: String) -> [String] {
    do {
      _ = try ConfigurationFile.settings(from: text, source: "config.toml")
      return []
    } catch {
      return error.problems.map { "\($0.line ?? 0): \($0.description)" }
    }
  }

  @Test func nothingMeansDefaults() throws {
    #expect(try ConfigurationFile.settings(from: "", source: "x") == Settings())
  }

  @Test func theDocumentedFileIsValidAndMeansDefaults() throws {
    let text = ConfigurationFile.documented()
    #expect(try ConfigurationFile.settings(from: text, source: "x") == Settings())
    for key in SettingKey.all { #expect(text.contains("#\(key.name) = "), "\(key.path)") }
  }

  @Test func everyDocumentedDefaultIsReadBackWhenItIsNotCommentedOut() throws {
    let text = ConfigurationFile.documented().split(separator: "\n", omittingEmptySubsequences: false)
      .map { line in
        SettingKey.all.contains { line.hasPrefix("#\($0.name) = ") } ? String(line.dropFirst()) : String(line)
      }.joined(separator: "\n")
    #expect(try ConfigurationFile.settings(from: text, source: "x") == Settings())
  }

  @Test func changedSettingsSurviveTheRoundTrip() throws {
    var settings = Settings()
    settings.hub.endpoint = "http://127.0.0.1:8080"
    settings.device.vram = 11.5
    settings.downloads.quota = ByteCount(8 << 30)
    settings.downloads.limit = try #require(BandwidthTimetable("08:00-23:00 5M, 20M"))
    settings.daemon.intervalSeconds = 90
    settings.watch.mute = ["a \"b\" \\ \n c"]
    settings.smoke.automatic = false
    settings.tools.repositories = [
      try RemoteAddress("git@host:a/b.git"), try RemoteAddress("file:///srv/my \\ \"tool\""),
    ]
    settings.tools.intervalSeconds = 5400
    let text = ConfigurationFile.documented(settings)
    #expect(try ConfigurationFile.settings(from: text, source: "x") == settings)
  }

  @Test func everyMistakeIsNamedWithItsLine() {
    let text = """
      [hub]
      endpont = "https://x"
      endpoint = 5
      [device]
      vram = -1
      kv = "f15"
      [devise]
      x = 1
      [daemon]
      interval = "5 parsecs"
      """
    #expect(
      problems(text) == [
        "2: unknown key \"hub.endpont\"; did you mean \"endpoint\"?",
        "3: hub.endpoint is a whole number but wants a text in quotes",
        "5: device.vram is a whole number but wants a number from 0.0 to 100000.0",
        "6: device.kv is a text but wants one of \"f16\", \"q8_0\", \"q4_0\"",
        "7: unknown table [devise]; did you mean \"device\"?",
        "10: daemon.interval is a text but wants a time such as \"90s\", \"30m\" or \"2h\", from 60s to 604800s",
      ])
  }

  @Test func theWatchedToolsAreThoseOfTheDefaults() {
    #expect(Settings().tools.repositories.count == 8)
    #expect(Settings().tools.repositories.allSatisfy { $0.transport == .https })
  }

  @Test(arguments: [
    ("[\"https://a/b\", \"ext::sh -c x\"]", "number 2 is no https, ssh, git or file address and no absolute path"),
    ("[\"-x\"]", "number 1 begins with -"),
    ("[\"http://example.org/x\"]", "number 1 is plain http, which is only for this machine"),
    ("[\"https://a/b\", \"https://a/b/\"]", "number 2 stands there twice"),
    (
      "[\"https://u:hunter2@a/b\"]",
      "number 1 holds a user or password, which others could read; ~/.netrc is the place for it"
    ),
  ])
  func anAddressThatIsNotAskedIsRefusedByItsPlace(_ list: String, _ reason: String) {
    let found = problems("[tools]\nrepositories = \(list)")
    #expect(
      found == ["2: tools.repositories is a list of texts but wants addresses of git repositories (\(reason))"])
    #expect(!found.joined().contains("hunter2"))
  }

  @Test func syntaxErrorsHaveALine() {
    #expect(problems("[hub]\nendpoint = \n") == ["2: a value is missing here"])
    #expect(problems("hub = 3") == ["1: hub stands before the first [table]"])
    #expect(problems("[watch]\nmute = [\n'a',\n\"b\n]") == ["4: a text has no closing quote"])
    #expect(problems("[hub]\n[hub]") == ["2: the table [hub] stands here twice"])
    #expect(problems("[device]\nbatch = 1\nbatch = 2") == ["3: batch is set twice"])
    #expect(problems("[device]\ngpu = { a = 1 }").count == 1)
  }

  @Test func everyFormOfValueIsRead() throws {
    let text = """
      [hub] # the hub
      endpoint = 'http://127.0.0.1:1' # literal
      [watch]
      mute = [ "a\\u00fc\\t\\"", # one
        'b\\',
      ]
      describe = 1_000
      [device]
      "vram" = 1.2e1
      flash_attention = false
      """.replacing("\\\\", with: "\\")
    let settings = try ConfigurationFile.settings(from: text, source: "x")
    #expect(settings.hub.endpoint == "http://127.0.0.1:1")
    #expect(settings.watch.mute == ["aü\t\"", "b\\"])
    #expect(settings.watch.describe == 1000)
    #expect(settings.device.vram == 12)
    #expect(settings.device.flashAttention == false)
  }

  @Test func twoWaysToNameACardExcludeEachOther() {
    #expect(
      problems("[device]\nvram = 12\ngpu = \"RTX A6000\"") == ["3: device.vram and device.gpu exclude each other"])
  }

  @Test(arguments: ["https://u:p@x", "ftp://x", "https://", "https://x?y", "x", "file:///etc"])
  func addressesThatAreNoHub(_ endpoint: String) {
    #expect(!problems("[hub]\nendpoint = \"\(endpoint)\"").isEmpty)
  }

  @Test(arguments: ["[=", "[", "[[", " [ #", "[[=]]", "\u{FEFF}[.", "[\u{0}", "[é]", "[]"])
  func aBracketWithoutANameIsAnError(_ text: String) {
    #expect(problems("a = 1\n\(text)").isEmpty == false)
  }

  @Test func rubbishNeverCrashes() {
    var random = SystemRandomNumberGenerator()
    let alphabet = Array("[]=\"'#.\n\\{},abc019-+:TZ \u{0}ü")
    for _ in 0..<10_000 {
      let text = String(
        (0..<Int.random(in: 0...60, using: &random)).map { _ in
          alphabet[Int.random(in: 0..<alphabet.count, using: &random)]
        })
      _ = problems(text)
    }
  }

  @Test(arguments: [
    ("20M", 20_000_000), ("200 GB", 200_000_000_000), ("8 GiB", 8_589_934_592), ("512", 512), ("1.5k", 1500),
  ])
  func sizes(_ text: String, _ bytes: Int64) {
    #expect(Quantity.size(text)?.bytes == bytes)
  }

  @Test(arguments: ["", "M", "-1 GB", "1e9", "9999999999 TiB", "5 parsecs", "nan", "0x10"])
  func noSizes(_ text: String) {
    #expect(Quantity.size(text) == nil)
  }
}

@Suite("Where things live")
struct PlacesTests {
  @Test func variablesGoBeforeDefaults() {
    let places = Places(environment: ["HOME": "/h"])
    #expect(places.state == "/h/.local/state/hubwatch")
    #expect(places.cache == "/h/.cache/huggingface/hub")
    #expect(places.configuration == "/h/.config/hubwatch/config.toml")
    #expect(Places(environment: ["HOME": "/h", "HF_HOME": "~/f"]).cache == "/h/f/hub")
    #expect(Places(environment: ["HOME": "/h", "HF_HUB_CACHE": "/c", "HF_HOME": "/f"]).cache == "/c")
    #expect(Places(environment: ["STATE_DIRECTORY": "/var/lib/hubwatch:/x"]).state == "/var/lib/hubwatch")
    #expect(Places(environment: ["HUBWATCH_STATE": "/s", "XDG_STATE_HOME": "/x"]).state == "/s")
  }

  @Test func theTokenComesFromTheCredentialFirst() throws {
    let folder = try TemporaryFolder()
    try "hf_credential\n".write(toFile: "\(folder.path)/hf-token", atomically: true, encoding: .utf8)
    let environment = ["HOME": folder.path, "CREDENTIALS_DIRECTORY": folder.path, "HF_TOKEN": "hf_variable"]
    #expect(try LoadedSettings(environment: environment).token?.revealed() == "hf_credential")
    let second = ["HOME": folder.path, "HF_TOKEN": "hf_variable"]
    #expect(try LoadedSettings(environment: second).token?.revealed() == "hf_variable")
    #expect(try LoadedSettings(environment: ["HOME": folder.path]).token == nil)
  }

  @Test("S2 a token that others may read is refused", arguments: [0o644, 0o640, 0o604, 0o600, 0o400])
  func tokenMode(mode: Int) throws {
    let folder = try TemporaryFolder()
    let path = "\(folder.path)/token"
    try "hf_file\n".write(toFile: path, atomically: true, encoding: .utf8)
    try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
    let environment = ["HOME": folder.path, "HF_TOKEN_PATH": path]
    if mode & 0o077 == 0 {
      #expect(try LoadedSettings(environment: environment).token?.revealed() == "hf_file")
    } else {
      #expect {
        _ = try LoadedSettings(environment: environment)
      } throws: { error in
        let error = error as? SettingsError
        return error?.exitCode == .unusableSetup && error?.problem.contains("chmod 600 \(path)") == true
      }
    }
  }

  @Test("N22 a proxy's user and password are secrets")
  func proxy() throws {
    let text = "[network]\nproxy = \"http://me:p%40ss%3Aw@proxy.example:3128\"\nip = \"4\"\nca_file = \"/a.pem\"\n"
    let settings = try ConfigurationFile.settings(from: text, source: "x")
    let proxy = try #require(settings.network.proxy)
    #expect(proxy.address == "http://proxy.example:3128" && proxy.credentials?.revealed() == "me:p@ss:w")
    #expect("\(proxy)" == "http://***@proxy.example:3128")
    var dumped = ""
    dump(settings, to: &dumped)
    #expect(!dumped.contains("p@ss") && !"\(settings)".contains("p@ss"))
    #expect(settings.network.addresses == .ipv4 && settings.network.caFile == "/a.pem")
    for bad in [
      "proxy.example:3128", "http://proxy.example", "ftp://p:1", "http://p:3128/x", "http://p:3128?x", "http://p:99999",
      "http:// p:1", "socks5://p:1",
    ] {
      #expect(ProxyAddress(bad) == nil, "\(bad)")
    }
    for bad in ["ca_file = \"a.pem\"", "ip = \"5\"", "proxy = \"x\"", "proxy_exceptions = [\"a,b\"]"] {
      #expect(throws: SettingsError.self) { _ = try ConfigurationFile.settings(from: "[network]\n\(bad)", source: "x") }
    }
  }

  @Test func aNamedFileHasToExist() throws {
    let environment = ["HOME": "/nonexistent", "HUBWATCH_CONFIG": "/nonexistent/x.toml"]
    #expect(throws: SettingsError.self) { try LoadedSettings(environment: environment) }
    #expect(throws: SettingsError.self) {
      try LoadedSettings(environment: ["HOME": "/nonexistent", "HF_ENDPOINT": "gopher://x"])
    }
  }
}
