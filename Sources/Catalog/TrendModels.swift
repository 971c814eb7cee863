import Domain
import GRDB

/// What trends tell of all models, gathered in one pass over them: sorting a hundred thousand in the database takes
/// longer than reading them.
struct TrendModels {
  private struct Candidate {
    var key: Int64
    var parameters: Int64
  }

  /// Models by week of their making and architecture.
  private var counts: [String: [Int64: Double]] = [:]
  /// Parameters by week of their making.
  private var parameters: [Int64: [Int64]] = [:]
  /// Sized models by the week in which they were first met; all weeks before the first one as one.
  private var sized: [Int64: [Candidate]] = [:]

  /// Reads the models of these weeks, and of what was met before them the sized ones.
  init(_ database: Database, _ range: ClosedRange<Int64>) throws {
    let cursor = try Row.fetchCursor(
      database,
      sql: """
        SELECT key, \(TrendWeek.sql("createdAt")), architecture, parameters, state = 'sized',
          \(TrendWeek.sql("firstSeenAt"))
        FROM repo WHERE state <> 'leftOut' AND (createdAt >= ? OR (state = 'sized' AND parameters > 0))
        """, arguments: [TrendWeek(number: range.lowerBound).milliseconds])
    var names: [String: String] = [:]
    while let row = try cursor.next() {
      let parameters: Int64? = row[3]
      if let parameters, parameters > 0, row[4] {
        let met = max(row[5] as Int64, range.lowerBound - 1)
        sized[met, default: []].append(Candidate(key: row[0], parameters: parameters))
      }
      guard let week = row[1] as Int64?, range.contains(week) else { continue }
      let written = row[2] as String? ?? ""
      let name = names[written] ?? written.lowercased()
      names[written] = name
      counts[name, default: [:]][week, default: 0] += 1
      if let parameters, parameters > 0 { self.parameters[week, default: []].append(parameters) }
    }
  }

  /// The parameters of the largest model that fits, of those that were first met in each week.
  func largestFitting(_ database: Database) throws -> [Int64: Double] {
    let statement = try database.cachedStatement(
      sql: "SELECT EXISTS (SELECT 1 FROM fit WHERE repo = ? AND verdict = 'fits')")
    return try sized.compactMapValues { candidates in
      // Large models come first, so that most weeks are done after a few questions.
      for candidate in candidates.sorted(by: { $0.parameters > $1.parameters })
      where try Bool.fetchOne(statement, arguments: [candidate.key]) ?? false {
        return Double(candidate.parameters)
      }
      return nil
    }
  }

  /// The median of parameters by week.
  var medians: [Int64: Double] {
    parameters.mapValues { values in
      let sorted = values.sorted()
      let (low, high) = (sorted[(sorted.count - 1) / 2], sorted[sorted.count / 2])
      return (Double(low) + Double(high)) / 2
    }
  }

  /// All new models, then the most frequent architectures, then the rest.
  func newModels(_ range: ClosedRange<Int64>) -> [TrendRecord.Line] {
    let sums = counts.mapValues { $0.values.reduce(0, +) }
    let ranked = sums.filter { !$0.key.isEmpty }.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map(\.key)
    let named = ranked.prefix(TrendRecord.architectures)
    var (all, rest): ([Int64: Double], [Int64: Double]) = ([:], [:])
    for (name, weeks) in counts {
      all.merge(weeks, uniquingKeysWith: +)
      if !named.contains(name) { rest.merge(weeks, uniquingKeysWith: +) }
    }
    var lines = [TrendRecord.Line(name: "all", values: Catalog.line(all, range, missing: 0))]
    lines += named.map { .init(name: $0, values: Catalog.line(counts[$0] ?? [:], range, missing: 0)) }
    if !rest.isEmpty { lines.append(.init(name: "others", values: Catalog.line(rest, range, missing: 0))) }
    return lines
  }
}
