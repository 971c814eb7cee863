import Console
import Testing

@Suite("Tables on narrow terminals")
struct TableTests {
  private func table() -> Table {
    var table = Table([
      .init("MODEL", mayShrink: true), .init("STATE"), .init("ORIGIN", mayShrink: true, mayVanish: true),
      .init("LIKES", isRightAligned: true, mayVanish: true),
    ])
    table.add([.init(String(repeating: "m", count: 40)), "seen", .init(String(repeating: "模", count: 20)), "7"])
    table.add(["short", "sized", "-", "12345"])
    return table
  }

  @Test(arguments: 19...120) func noLineIsWiderThanTheTerminal(width: Int) {
    for line in table().lines(width: width, style: Style(isColoured: false)) {
      #expect(TextWidth.columns(line) <= width, "\(line)")
    }
  }

  @Test func theWidestGivesWayFirstAndTheLastVanishesFirst() {
    func heading(_ width: Int) -> String { table().lines(width: width, style: Style(isColoured: false))[0] }
    #expect(heading(200).hasSuffix("LIKES"))
    let wide = table().lines(width: 70, style: Style(isColoured: false))[1]
    #expect(wide.prefix { $0 == "m" }.count < 40 && wide.filter { $0 == "模" }.count > 8)
    #expect(!heading(38).contains("LIKES") && heading(38).contains("ORIGIN"))
    #expect(!heading(24).contains("ORIGIN") && heading(24).contains("STATE"))
  }
}
