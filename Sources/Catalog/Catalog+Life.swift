import Domain
import Foundation
import GRDB

/// What a smoke test found, kept for the digest.
public struct SmokeRecord: Sendable, Equatable {
  /// The copy that was tested.
  public var copy: Int64
  /// When.
  public var at: Date
  /// The verdict.
  public var verdict: SmokeVerdict
  /// Why, for a person.
  public var reasons: [String]
  /// Generation speed.
  public var tokensPerSecond: Double?
  /// On the built-in text.
  public var perplexity: Double?
  /// The beginning of what the model said.
  public var sample: String?
  /// The file's `general.architecture`.
  public var architecture: String?
  /// All weights.
  public var parameters: Int64?
  /// From opening the file to a model that is ready.
  public var loadSeconds: Double?
  /// Reading speed.
  public var promptTokensPerSecond: Double?
  /// The most memory that the process had, the mapped file included.
  public var peakMemoryBytes: Int64?
  /// What the core said beforehand that it would need.
  public var estimateBytes: Int64?
  /// How well it predicts the built-in English text, in a measure that compares between vocabularies.
  public var bitsPerByte: Double?

  /// A finding.
  public init(
    copy: Int64, at: Date, verdict: SmokeVerdict, reasons: [String], tokensPerSecond: Double?, perplexity: Double?,
    sample: String?
  ) {
    self.copy = copy
    self.at = at
    self.verdict = verdict
    self.reasons = reasons
    self.tokensPerSecond = tokensPerSecond
    self.perplexity = perplexity
    self.sample = sample
  }
}

/// One cycle of the ritual.
public struct CycleRecord: Sendable, Equatable {
  /// When it began.
  public var startedAt: Date
  /// Nil for a cycle that is under way or was killed.
  public var endedAt: Date?
  /// What went wrong, for a person; nil when nothing did.
  public var trouble: String?
}

extension SmokeRecord {
  init(row: Row) throws {
    guard let verdict = SmokeVerdict(rawValue: row["verdict"]) else {
      throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "a smoke row has an unknown verdict")
    }
    self.init(
      copy: row["copy"], at: row["at"], verdict: verdict, reasons: try JSONColumn.decode(row["reasons"]),
      tokensPerSecond: row["tokensPerSecond"], perplexity: row["perplexity"], sample: row["sample"])
    architecture = row["architecture"]
    parameters = row["parameters"]
    loadSeconds = row["loadSeconds"]
    promptTokensPerSecond = row["promptTokensPerSecond"]
    peakMemoryBytes = row["peakMemoryBytes"]
    estimateBytes = row["estimateBytes"]
    bitsPerByte = row["bitsPerByte"]
  }
}

extension Catalog {
  /// Stores a finding; the copy becomes `tested`.
  public func record(_ smoke: SmokeRecord) throws(CatalogError) {
    try write { database in
      try database.execute(
        sql: """
          INSERT INTO smoke (copy, at, verdict, reasons, tokensPerSecond, perplexity, sample, architecture, parameters,
            loadSeconds, promptTokensPerSecond, peakMemoryBytes, estimateBytes, bitsPerByte)
          VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
          """,
        arguments: [
          smoke.copy, smoke.at, smoke.verdict.rawValue, try JSONColumn.encode(smoke.reasons), smoke.tokensPerSecond,
          smoke.perplexity, smoke.sample, smoke.architecture, smoke.parameters, smoke.loadSeconds,
          smoke.promptTokensPerSecond, smoke.peakMemoryBytes, smoke.estimateBytes, smoke.bitsPerByte,
        ])
      try database.execute(
        sql: "UPDATE copy SET state = 'tested', reason = NULL, changedAt = ? WHERE id = ?",
        arguments: [smoke.at, smoke.copy])
    }
  }

  /// The last finding about a copy.
  public func lastSmoke(ofCopy id: Int64) throws(CatalogError) -> SmokeRecord? {
    try read { database in
      try Row.fetchOne(
        database, sql: "SELECT * FROM smoke WHERE copy = ? ORDER BY id DESC LIMIT 1", arguments: [id]
      ).map { try SmokeRecord(row: $0) }
    }
  }

  /// Writes down that a cycle began; returns its number.
  public func beginCycle(at now: Date) throws(CatalogError) -> Int64 {
    try write { database in
      try database.execute(sql: "INSERT INTO cycle (startedAt) VALUES (?)", arguments: [now])
      return database.lastInsertedRowID
    }
  }

  /// Writes down how a cycle ended.
  public func endCycle(_ id: Int64, trouble: String?, at now: Date) throws(CatalogError) {
    try writeUrgent { database in
      try database.execute(
        sql: """
          UPDATE cycle SET endedAt = ?1,
            trouble = CASE WHEN ?2 IS NULL THEN trouble WHEN trouble IS NULL THEN ?2 ELSE trouble || '; ' || ?2 END
          WHERE id = ?3
          """,
        arguments: [now, trouble, id])
    }
  }

  /// Writes down that a cycle that has ended goes on until now, and what went wrong. Of one under way only the trouble.
  ///
  /// - Returns: whether there is such a cycle.
  @discardableResult
  public func extendCycle(_ id: Int64, trouble: String?, at now: Date) throws(CatalogError) -> Bool {
    try write { database in
      try database.execute(
        sql: """
          UPDATE cycle SET endedAt = CASE WHEN endedAt IS NULL THEN NULL ELSE ?1 END,
            trouble = CASE WHEN ?2 IS NULL THEN trouble WHEN trouble IS NULL THEN ?2 ELSE trouble || '; ' || ?2 END
          WHERE id = ?3
          """,
        arguments: [now, trouble, id])
      return database.changesCount > 0
    }
  }

  /// The number of the cycle that began last; nil when none has.
  public func lastCycleID() throws(CatalogError) -> Int64? {
    try read { try Int64.fetchOne($0, sql: "SELECT max(id) FROM cycle") }
  }

  /// The cycles that began in `since < startedAt <= until`, the oldest first.
  public func cycles(since: Date, until: Date) throws(CatalogError) -> [CycleRecord] {
    try read { database in
      try Row.fetchAll(
        database, sql: "SELECT * FROM cycle WHERE startedAt > ? AND startedAt <= ? ORDER BY id",
        arguments: [since, until]
      ).map { CycleRecord(startedAt: $0["startedAt"], endedAt: $0["endedAt"], trouble: $0["trouble"]) }
    }
  }

  /// The cycle that began last; nil when none has.
  public func lastCycle() throws(CatalogError) -> CycleRecord? {
    try read { database in
      try Row.fetchOne(database, sql: "SELECT * FROM cycle ORDER BY id DESC LIMIT 1")
        .map { CycleRecord(startedAt: $0["startedAt"], endedAt: $0["endedAt"], trouble: $0["trouble"]) }
    }
  }
}
