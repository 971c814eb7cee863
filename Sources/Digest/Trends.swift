import Catalog
import Console
import Domain
import Foundation

/// How the two lines of the story go on: how little memory a quality needs, and how large a model a card holds.
public struct Trends: Sendable, Encodable {
  /// A chart with one or more lines over the same weeks.
  public struct Chart: Sendable, Encodable, Equatable {
    /// What its values are.
    public enum Unit: String, Sendable, Encodable {
      case bytes, parameters, models
    }
    /// A line.
    public struct Line: Sendable, Encodable, Equatable {
      /// What it is about. Names of architectures are foreign.
      public var name: String
      /// One value a week; null where there is none.
      public var values: [Double?]
    }

    /// A short name for programs.
    public var key: String
    /// What it shows.
    public var title: String
    /// The unit of the values.
    public var unit: Unit
    /// The lines that have at least one value.
    public var lines: [Line]
  }

  /// The form of the JSON.
  public let schema = "hubwatch.trends/1"
  /// The end of the last week that is known.
  public var until: Date
  /// The beginnings of the weeks, the oldest first.
  public var weeks: [Date]
  /// The charts that have a line.
  public var charts: [Chart]

  /// Tells the trends of a catalog.
  public init(_ record: TrendRecord, until: Date) {
    self.until = until
    weeks = record.weeks
    charts = [
      Self.chart("memoryByPerplexity", "Least memory of a model that reads well", .bytes, record.memoryByPerplexity),
      Self.chart("memoryByProbes", "Least memory of a model that passes", .bytes, record.memoryByProbes),
      Self.chart("largestFitting", "Largest model that fits your card", .parameters, [record.largestFitting]),
      Self.chart("newModels", "New models a week", .models, record.newModels),
      Self.chart("newFamilies", "New families a week", .models, [record.newFamilies]),
      Self.chart("medianParameters", "Median size of new models", .parameters, [record.medianParameters]),
    ].filter { !$0.lines.isEmpty }
  }

  private static func chart(
    _ key: String, _ title: String, _ unit: Chart.Unit, _ lines: [TrendRecord.Line]
  ) -> Chart {
    let known = lines.filter { line in line.values.contains { ($0 ?? 0) > 0 } }
    // Before the first model that was met, nobody counted.
    let first = known.compactMap { $0.values.firstIndex { ($0 ?? 0) > 0 } }.min() ?? 0
    return Chart(
      key: key, title: title, unit: unit,
      lines: known.map { line in
        .init(name: line.name, values: line.values.enumerated().map { $0.offset < first ? nil : $0.element })
      })
  }
}

extension Trends.Chart.Unit {
  /// A value for a person.
  package func words(_ value: Double) -> String {
    switch self {
    case .bytes: ByteCount(Int64(min(max(value, 0), 9e18))).asMemory
    case .parameters:
      value >= 1e9
        ? "\(ByteCount.decimal(value / 1e9, places: 1)) B" : "\(ByteCount.decimal(value / 1e6, places: 0)) M"
    case .models: ByteCount.decimal(value, places: 0)
    }
  }
}

extension Trends.Chart {
  /// `perplexity ≤ 8: 7.2 GiB to 5.1 GiB; …`.
  var words: String {
    lines.map { line in
      let known = line.values.compactMap(\.self)
      let first = known.first.map(unit.words) ?? ""
      let last = known.last.map(unit.words) ?? ""
      return "\(ForeignText.oneLine(line.name, limit: 60)): " + (first == last ? last : "\(first) to \(last)")
    }.joined(separator: "; ")
  }
}
