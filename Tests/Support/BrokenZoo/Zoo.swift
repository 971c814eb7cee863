import Domain
import Foundation
import Smoke

/// The verdicts on one sound model and on all ways of breaking it.
public struct Zoo: Sendable {
  /// One broken model.
  public struct Animal: Sendable {
    /// How it was broken.
    public let breakage: String
    /// What the smoke test says of it.
    public let report: SmokeReport
    /// The perplexity on plain English, over that of the sound model; nil when there is none.
    public let damage: Double?

    /// Whether the smoke test has noticed.
    public var isDetected: Bool { report.verdict == .suspect || report.verdict == .fail }
    /// Whether the damage does not show in what the model says: perplexities differ by less than 2 %.
    public var isInvisible: Bool { damage.map { (0.98...1.02).contains($0) } ?? false }
  }

  /// The sound model.
  public let sound: SmokeReport
  /// The broken ones.
  public let animals: [Animal]

  /// Breaks a model in every way and tests each.
  ///
  /// - Parameters:
  ///   - path: a GGUF file.
  ///   - layer: which layer is broken when only one is; nil is the middle.
  ///   - folder: where one broken model at a time lies.
  ///   - test: the smoke test.
  ///   - onAnimal: hears of each verdict.
  public init(
    _ path: String, breakages: [Breakage] = Breakage.all, layer: Int? = nil, folder: String,
    test: (String) -> SmokeReport,
    onAnimal: (Animal) -> Void = { _ in }
  ) throws {
    var original = try EditableModel(path: path)
    original.brokenLayer = layer
    let model = original
    let sound = test(path)
    self.sound = sound
    let file = "\(folder)/broken.gguf"
    defer { unlink(file) }
    animals = try breakages.map { breakage in
      try breakage.applied(to: model).write(to: file)
      let report = test(file)
      let damage = report.perplexity.flatMap { broken in sound.perplexity.map { broken / $0 } }
      let animal = Animal(breakage: breakage.name, report: report, damage: damage)
      onAnimal(animal)
      return animal
    }
  }

  /// Detected ones among those whose damage shows, and how many those are.
  public var score: (detected: Int, visible: Int) {
    let visible = animals.filter { $0.isDetected || !$0.isInvisible }
    return (visible.filter(\.isDetected).count, visible.count)
  }

  /// A line of the table.
  public static func line(_ animal: Animal) -> String {
    let damage = animal.damage.map { $0 < 100 ? String(format: "%.2f", $0) : String(format: "%.0e", $0) } ?? "–"
    let remark =
      animal.isDetected ? "" : animal.isInvisible ? "  (invisible: the outputs are the same)" : "  NOT DETECTED"
    let name = animal.breakage.padding(toLength: 52, withPad: " ", startingAt: 0)
    let verdict = animal.report.verdict.rawValue.padding(toLength: 12, withPad: " ", startingAt: 0)
    let reason = animal.report.reasons.first.map { String($0.prefix(110)) } ?? ""
    return "\(name) ×\(damage.padding(toLength: 7, withPad: " ", startingAt: 0)) \(verdict) \(reason)\(remark)"
  }
}
