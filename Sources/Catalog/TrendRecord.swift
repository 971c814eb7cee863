import Foundation

/// What changed over the weeks, one value a week; weeks begin on Mondays, in UTC.
public struct TrendRecord: Sendable, Equatable {
  /// A line of a chart.
  public struct Line: Sendable, Equatable {
    /// What it is about: a class of quality, an architecture.
    public var name: String
    /// One value a week; nil where there is none.
    public var values: [Double?]

    /// A line.
    public init(name: String, values: [Double?]) {
      self.name = name
      self.values = values
    }
  }

  /// The beginnings of the weeks, the oldest first.
  public var weeks: [Date]
  /// The least memory in bytes that a tested model of at most a perplexity had needed until the end of a week.
  public var memoryByPerplexity: [Line] = []
  /// The same for a number of probes that it passes.
  public var memoryByProbes: [Line] = []
  /// Parameters of the largest model that fits the configured device, met until the end of a week.
  public var largestFitting = Line(name: "largest that fits", values: [])
  /// Models that were made in a week, all of them and by architecture, the most frequent first; the rest together.
  public var newModels: [Line] = []
  /// Families that were first met in a week.
  public var newFamilies = Line(name: "families", values: [])
  /// The median of parameters of the models that were made in a week.
  public var medianParameters = Line(name: "median size", values: [])

  /// Nothing known of these weeks.
  public init(weeks: [Date]) { self.weeks = weeks }

  /// Classes of perplexity on the built-in text, from the best.
  public static let perplexities: [Double] = [8, 12, 20, 40]
  /// Architectures that get a line of their own.
  static let architectures = 6
}
