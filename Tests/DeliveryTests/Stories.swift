import Foundation

@testable import Digest

/// Stories to be told.
enum Stories {
  static let morning = Date(timeIntervalSince1970: 1_795_676_400)  // Thursday, 26 November 2026, 07:00 UTC

  /// A story with something in each section.
  static func busy(
    since: Date? = morning - 86_400, until: Date = morning, name: String = "org/model", words: String = ""
  )
    -> Story
  {
    var story = Story(since: since, until: until)
    story.counts.polled = 12
    story.counts.new = 10
    story.counts.passed = 1
    story.counts.failed = 1
    story.places = ["passed": 1, "failed": 1, "fits": 10]
    story.lastCycleAt = until
    func entry(_ id: String, _ place: Story.Place) -> Story.Entry {
      var entry = Story.Entry(id: id, place: place, isNew: true, reasons: words.isEmpty ? [] : [words])
      entry.score = 1
      entry.quantization = "Q4_K_M"
      entry.parameters = 8_030_000_000
      return entry
    }
    story.families = [entry(name, .passed), entry("org/bad", .failed)]
    for number in 0..<10 { story.families.append(entry("org/fits-\(number)", .fits)) }
    if !words.isEmpty {
      story.needs = [words]
      story.gaps = [words]
    }
    return story
  }
}
