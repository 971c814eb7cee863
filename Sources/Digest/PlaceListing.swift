import Console
import Domain

/// All models of some places, a line each: what stands behind `and 212 more`.
public struct PlaceListing: Sendable {
  private let screen: ScreenText
  private let phrases: Phrases

  /// - Parameters:
  ///   - endpoint: the hub's address, for links.
  ///   - width: columns; 60 is enough.
  ///   - style: colours, or none.
  public init(endpoint: String, width: Int, style: Style) {
    phrases = Phrases(endpoint: endpoint)
    screen = ScreenText(width: max(40, width), style: style)
  }

  /// A heading with the number of models and a line for each, the others of a family below its best; without a final
  /// line end.
  ///
  /// - Parameter story: one that tells these places whole.
  public func render(_ story: Story, of places: Set<Story.Place>) -> String {
    let entries = story.families.filter { places.contains($0.place) }
    let count = entries.reduce(0) { $0 + 1 + $1.otherMembers.count }
    let words = places.sorted().map(\.word).joined(separator: ", ")
    var lines = [
      screen.style.paint(
        TextWidth.cut("\(Phrases.count(count)) \(count == 1 ? "model" : "models"): \(words)", to: screen.width), .strong
      )
    ]
    let entryLines = EntryLines(phrases: phrases, screen: screen)
    for entry in entries {
      lines.append(entryLines.brief(entry, isListed: true))
      for other in entry.otherMembers {
        lines.append("    " + TextWidth.cut(ForeignText.safe(other), to: screen.width - 4))
      }
    }
    return lines.joined(separator: "\n")
  }
}
