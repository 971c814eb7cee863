import Domain
import Foundation
import GRDB

extension Catalog {
  /// The last `weeks` weeks until `now`, which is in the last of them.
  ///
  /// Every table that a line is about is read once; models that the rules leave out count for nothing.
  ///
  /// - Throws: `CatalogError`.
  public func trends(weeks: Int, until now: Date) throws(CatalogError) -> TrendRecord {
    let last = TrendWeek(containing: now)
    let first = TrendWeek(number: last.number - Int64(max(1, weeks)) + 1)
    let range = first.number...last.number
    return try read { database in
      var record = TrendRecord(weeks: range.map { TrendWeek(number: $0).beginning })
      record.memoryByPerplexity = try TrendRecord.perplexities.map { most in
        let name = "perplexity ≤ \(ByteCount.decimal(most, places: 0))"
        return .init(name: name, values: try Self.leastMemory(database, "perplexity <= ?", most, range))
      }
      let probes = try Self.mostProbes(database)
      record.memoryByProbes = try Set([probes / 4, probes / 2, probes * 3 / 4, probes]).filter { $0 > 0 }.sorted().map {
        .init(name: "\($0) probes", values: try Self.leastMemory(database, "passed >= ?", Double($0), range))
      }
      let models = try TrendModels(database, range)
      record.largestFitting.values = Self.extreme(try models.largestFitting(database), range, max)
      record.newFamilies.values = Self.line(
        try Self.values(
          database,
          "SELECT \(TrendWeek.sql("firstSeenAt")) AS week, count(*) AS value FROM family WHERE firstSeenAt >= ? GROUP BY week",
          [first.milliseconds]), range, missing: 0)
      record.newModels = models.newModels(range)
      record.medianParameters.values = Self.line(models.medians, range, missing: nil)
      return record
    }
  }

  /// Copies that passed, with the week of their last test, what they need on a card, and the probes that they pass.
  private static let tested = """
    WITH tested AS (
      SELECT \(TrendWeek.sql("(julianday(smoke.at) - 2440587.5) * 86400000")) AS week, smoke.perplexity AS perplexity,
        coalesce(
          (SELECT fit.total + fit.margin FROM name JOIN fit ON fit.repo = name.repo AND fit.path = copy.path
            WHERE name.id = copy.repo), copy.bytes + copy.bytes / 10 + 536870912) AS need,
        (SELECT count(*) FROM probe WHERE probe.copy = copy.id AND probe.outcome = 'passed') AS passed
      FROM smoke JOIN copy ON copy.id = smoke.copy WHERE smoke.verdict = 'pass')
    """

  private static func leastMemory(
    _ database: Database, _ condition: String, _ bound: Double, _ range: ClosedRange<Int64>
  ) throws -> [Double?] {
    let sql = "\(tested) SELECT week, min(need) AS value FROM tested WHERE \(condition) GROUP BY week"
    return extreme(try values(database, sql, [bound]), range, min)
  }

  private static func mostProbes(_ database: Database) throws -> Int {
    try Int.fetchOne(
      database,
      sql: "SELECT max(number) FROM (SELECT count(*) AS number FROM probe WHERE outcome = 'passed' GROUP BY copy)") ?? 0
  }

  private static func values(
    _ database: Database, _ sql: String, _ arguments: StatementArguments = StatementArguments()
  ) throws -> [Int64: Double] {
    try Row.fetchAll(database, sql: sql, arguments: arguments).reduce(into: [:]) { values, row in
      guard let week = row["week"] as Int64?, let value = row["value"] as Double? else { return }
      values[week] = value
    }
  }

  static func line(
    _ values: [Int64: Double], _ range: ClosedRange<Int64>, missing: Double?
  ) -> [Double?] {
    range.map { values[$0] ?? missing }
  }

  /// The best value until the end of each week, what was before the first week included.
  private static func extreme(
    _ values: [Int64: Double], _ range: ClosedRange<Int64>, _ better: (Double, Double) -> Double
  ) -> [Double?] {
    var best = values.filter { $0.key < range.lowerBound }.values.reduce(Double?.none) { best, value in
      best.map { better($0, value) } ?? value
    }
    return range.map { week in
      if let value = values[week] { best = best.map { better($0, value) } ?? value }
      return best
    }
  }
}

/// A week of UTC, counted from the one in which 1970 began; weeks begin on Mondays.
struct TrendWeek: Equatable {
  var number: Int64

  private static let length: Int64 = 7 * 86_400_000
  /// The first of January 1970 was a Thursday.
  private static let shift: Int64 = 3 * 86_400_000

  init(number: Int64) { self.number = number }

  init(containing date: Date) {
    let shifted = Moment.milliseconds(date) + Self.shift
    number = shifted >= 0 ? shifted / Self.length : (shifted - Self.length + 1) / Self.length
  }

  /// Its beginning.
  var milliseconds: Int64 { number * Self.length - Self.shift }
  var beginning: Date { Moment.date(milliseconds) }

  /// The number of the week of a moment after 1970 in milliseconds.
  static func sql(_ milliseconds: String) -> String {
    "CAST((\(milliseconds) + \(shift)) / \(length) AS INTEGER)"
  }
}
