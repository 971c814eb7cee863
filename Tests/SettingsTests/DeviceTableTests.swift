import Testing

@testable import Settings

@Suite("Devices of the configuration")
struct DeviceTableTests {
  private func problems(_ text: String) -> [String] {
    do throws(SettingsError) {
      _ = try ConfigurationFile.settings(from: text, source: "test")
      return []
    } catch { return error.problems.map { "\($0.line ?? 0): \($0.description)" } }
  }

  @Test func severalDevices() throws {
    let text = """
      [device]
      context = 8192

      [[devices]]
      name = "rented A6000"
      gpu = "RTX A6000"
      price = 0.8 # an hour

      [[devices]]
      name = "mine"
      local = true
      [[devices]]
      name = "phone"
      vram = 6
      bandwidth = 51.2
      """
    let settings = try ConfigurationFile.settings(from: text, source: "test")
    #expect(settings.devices.map(\.name) == ["rented A6000", "mine", "phone"])
    #expect(settings.devices[0].price == 0.8 && settings.devices[0].gpu == "RTX A6000")
    #expect(settings.devices[1].isLocal && settings.devices[2].vram == 6 && settings.devices[2].bandwidth == 51.2)
    let again = try ConfigurationFile.settings(from: ConfigurationFile.documented(settings), source: "again")
    #expect(again == settings)
  }

  @Test(arguments: [
    ("[[devices]]", "1: [[devices]] has no name"),
    ("[[devices]]\nname = \"a\"", "1: [[devices]] \"a\" needs exactly one of gpu, vram and local = true"),
    (
      "[[devices]]\nname = \"a\"\nvram = 1\ngpu = \"b\"",
      "1: [[devices]] \"a\" needs exactly one of gpu, vram and local = true"
    ),
    (
      "[[devices]]\nname = \"a\"\nvram = -1",
      "3: devices.vram is a whole number but wants a number from 0.1 to 100000.0"
    ),
    ("[[devices]]\nname = 7\nvram = 1", "2: devices.name is a whole number but wants a text in quotes"),
    ("[[devices]]\nname = \"\\u0007\"\nvram = 1", "2: devices.name is a text but wants 1 to 60 printable characters"),
    ("[[devices]]\nname = \"a\"\nvrm = 1", "3: unknown key \"vrm\" of [[devices]]; did you mean \"vram\"?"),
    ("[[phones]]\nname = \"a\"", "1: unknown tables [[phones]]"),
    ("[[devices]]\nname = \"a\"\nname = \"b\"", "3: name is set twice"),
    ("[devices]\nname = \"a\"\n[[devices]]", "3: [[devices]] stands here after [devices]"),
    ("[[devices]\nname = \"a\"", "1: a table's name has to end with ]]"),
    (
      "[[devices]]\nname = \"a\"\nvram = 1\n[[devices]]\nname = \"a\"\nvram = 2",
      "4: [[devices]] \"a\" stands here twice"
    ),
  ])
  func whatIsRefused(_ text: String, _ problem: String) {
    #expect(problems(text).first == problem)
  }

  @Test func noMoreThanFitBesideEachOther() {
    let text = (0..<17).map { "[[devices]]\nname = \"d\($0)\"\nvram = 1\n" }.joined()
    #expect(problems(text).count == 1)
    let many = (0..<70).map { "[[devices]]\nname = \"d\($0)\"\nvram = 1\n" }.joined()
    #expect(problems(many).first?.contains("too many") == true)
  }
}
