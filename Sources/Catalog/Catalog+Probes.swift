import Domain
import Foundation
import GRDB

extension Catalog {
  /// Stores what a copy made of a suite, and finds out what is new in it.
  ///
  /// A result replaces the one before; what was not asked this time does not.
  ///
  /// - Parameters:
  ///   - results: in the suite's order.
  ///   - classes: amounts of memory in bytes, for each of which there is a first model.
  public func record(
    _ results: [ProbeResult], ofCopy id: Int64, classes: [Int64], at now: Date
  ) throws(CatalogError) -> ProbeNews {
    try write { database in
      guard
        let copy = try Row.fetchOne(
          database, sql: "SELECT repo, path, quantization, bytes FROM copy WHERE id = ?", arguments: [id])
      else { throw DatabaseError(resultCode: .SQLITE_NOTFOUND, message: "a copy that is not there was probed") }
      for (place, result) in results.enumerated() {
        try Self.store(database, result, place, copy: id, now)
      }
      var news = ProbeNews(repo: copy["repo"], quantization: copy["quantization"])
      let need = try Self.need(database, copy)
      for result in results where result.outcome == .passed {
        if let bytes = try Self.first(database, result, news, classes.filter { $0 >= need }, now) {
          news.firsts.append(ProbeNews.First(name: result.name, bytes: bytes))
        }
      }
      let bases = try Self.bases(database, repo: copy["repo"])
      for result in results where result.outcome != .notAsked {
        try database.execute(
          sql: "DELETE FROM probeRegression WHERE copy = ? AND name = ?", arguments: [id, result.name])
        guard result.outcome == .failed, let base = try Self.passing(database, result, bases) else { continue }
        try database.execute(
          sql: "INSERT INTO probeRegression VALUES (?, ?, ?, ?, ?)",
          arguments: [id, result.name, result.version, base, now])
        news.regressions.append(ProbeNews.Regression(name: result.name, base: base))
      }
      return news
    }
  }

  private static func store(
    _ database: Database, _ result: ProbeResult, _ place: Int, copy: Int64, _ now: Date
  ) throws {
    let verb = result.outcome == .notAsked ? "INSERT OR IGNORE" : "INSERT OR REPLACE"
    try database.cachedStatement(sql: "\(verb) INTO probe VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
      .execute(arguments: [
        copy, result.name, place, result.capability, result.version, now, result.outcome.rawValue, result.right,
        result.cases, result.reason, result.answer,
      ])
  }

  /// What a copy needs on a card: as it was judged, else its files and a tenth more.
  private static func need(_ database: Database, _ copy: Row) throws -> Int64 {
    let judged = try Int64.fetchOne(
      database,
      sql: """
        SELECT fit.total + fit.margin FROM fit JOIN repo ON repo.key = fit.repo WHERE repo.id = ? AND fit.path = ?
        """, arguments: [copy["repo"] as String, copy["path"] as String])
    if let judged { return judged }
    let bytes: Int64 = copy["bytes"]
    let (sum, overflow) = bytes.addingReportingOverflow(bytes / 10 + 512 << 20)
    return overflow ? .max : sum
  }

  /// Writes down that a model is the first within the smallest of the classes in which nobody was before.
  ///
  /// - Returns: that class; nil when there is none. Whoever is first in a small class is it in all larger ones, too.
  private static func first(
    _ database: Database, _ result: ProbeResult, _ news: ProbeNews, _ classes: [Int64], _ now: Date
  ) throws -> Int64? {
    guard let bytes = classes.min() else { return nil }
    let known = try Bool.fetchOne(
      database, sql: "SELECT 1 FROM probeFirst WHERE name = ? AND version = ? AND bytes <= ? LIMIT 1",
      arguments: [result.name, result.version, bytes])
    guard known == nil else { return nil }
    try database.execute(
      sql: "INSERT INTO probeFirst VALUES (?, ?, ?, ?, ?, ?)",
      arguments: [result.name, result.version, bytes, news.repo, news.quantization, now])
    return bytes
  }

  /// The numbers of the families that a repository's family came from.
  private static func bases(_ database: Database, repo: String) throws -> [Int64] {
    let names = try String.fetchOne(
      database,
      sql: "SELECT family.bases FROM repo JOIN family ON family.key = repo.family WHERE repo.id = ?", arguments: [repo])
    return try (names ?? "").split(separator: " ").compactMap { name in
      try Int64.fetchOne(
        database, sql: "SELECT family FROM familyName WHERE name = ?", arguments: [name.lowercased()])
    }
  }

  /// A repository of these families of which a copy passes a probe.
  private static func passing(_ database: Database, _ result: ProbeResult, _ families: [Int64]) throws -> String? {
    for family in families {
      let repo = try String.fetchOne(
        database,
        sql: """
          SELECT copy.repo FROM probe JOIN copy ON copy.id = probe.copy JOIN repo ON repo.id = copy.repo
          WHERE repo.family = ? AND probe.name = ? AND probe.version = ? AND probe.outcome = 'passed'
          ORDER BY probe.at LIMIT 1
          """, arguments: [family, result.name, result.version])
      if let repo { return repo }
    }
    return nil
  }

  /// What a copy made of each probe, in the order of the suite.
  public func probes(ofCopy id: Int64) throws(CatalogError) -> [ProbeRecord] {
    try read { database in
      try Row.fetchAll(
        database, sql: "SELECT * FROM probe WHERE copy = ? ORDER BY place, name", arguments: [id]
      ).map { row in
        guard let outcome = ProbeResult.Outcome(rawValue: row["outcome"]) else {
          throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "a probe row has an unknown outcome")
        }
        return ProbeRecord(
          at: row["at"],
          result: ProbeResult(
            name: row["name"], capability: row["capability"], version: row["version"], outcome: outcome,
            right: row["right"], cases: row["cases"], reason: row["reason"], answer: row["answer"]))
      }
    }
  }

  /// What was new in results in `since < at <= until`, one entry a model, the first found first.
  public func probeNews(since: Date, until: Date) throws(CatalogError) -> [ProbeNews] {
    try read { database in
      var news: [ProbeNews] = []
      func entry(_ row: Row) -> Int {
        let (repo, quantization): (String, String) = (row["repo"], row["quantization"])
        if let place = news.firstIndex(where: { $0.repo == repo && $0.quantization == quantization }) { return place }
        news.append(ProbeNews(repo: repo, quantization: quantization))
        return news.count - 1
      }
      for row in try Row.fetchAll(
        database, sql: "SELECT * FROM probeFirst WHERE at > ? AND at <= ? ORDER BY at, bytes, name",
        arguments: [since, until])
      {
        let place = entry(row)
        news[place].firsts.append(ProbeNews.First(name: row["name"], bytes: row["bytes"]))
      }
      for row in try Row.fetchAll(
        database,
        sql: """
          SELECT probeRegression.name, base, copy.repo AS repo, copy.quantization AS quantization
          FROM probeRegression JOIN copy ON copy.id = probeRegression.copy
          WHERE at > ? AND at <= ? ORDER BY at, probeRegression.name
          """, arguments: [since, until])
      {
        let place = entry(row)
        news[place].regressions.append(ProbeNews.Regression(name: row["name"], base: row["base"]))
      }
      return news
    }
  }

  /// How well memory was foreseen; nil before the first test that has both numbers.
  public func estimateAccuracy() throws(CatalogError) -> EstimateAccuracy? {
    try read { database in
      let errors = try Double.fetchAll(
        database,
        sql: """
          SELECT abs(peakMemoryBytes - estimateBytes) * 1.0 / estimateBytes FROM smoke
          WHERE peakMemoryBytes > 0 AND estimateBytes > 0
          """)
      guard !errors.isEmpty else { return nil }
      return EstimateAccuracy(
        loads: errors.count, meanError: errors.reduce(0, +) / Double(errors.count), worstError: errors.max() ?? 0)
    }
  }
}
