import Domain
import Foundation
import GRDB

extension Catalog {
  /// Makes the named repositories the ones that are watched; what is known of the others stays.
  public func watchUpstreams(_ named: [(url: String, name: String)]) throws(CatalogError) {
    let known = try upstreams().map { [$0.url, $0.name] }
    // Nothing is written when nothing changed: this is asked at every cycle.
    guard known.sorted(by: { $0[0] < $1[0] }) != named.map({ [$0.url, $0.name] }).sorted(by: { $0[0] < $1[0] }) else {
      return
    }
    try write { database in
      try database.execute(sql: "UPDATE upstream SET isWatched = 0")
      for upstream in named {
        try database.execute(
          sql: """
            INSERT INTO upstream (url, name, isWatched, tagCount, failures) VALUES (?, ?, 1, 0, 0)
            ON CONFLICT (url) DO UPDATE SET isWatched = 1, name = excluded.name
            """, arguments: [upstream.url, upstream.name])
      }
    }
  }

  /// The repositories that are watched, by their names.
  public func upstreams() throws(CatalogError) -> [UpstreamRecord] {
    try read { database in
      try UpstreamRecord.fetchAll(
        database, sql: "SELECT * FROM upstream WHERE isWatched ORDER BY name COLLATE NOCASE, url")
    }
  }

  /// A repository, watched or not; nil when it never was.
  public func upstream(_ url: String) throws(CatalogError) -> UpstreamRecord? {
    try read { try UpstreamRecord.fetchOne($0, sql: "SELECT * FROM upstream WHERE url = ?", arguments: [url]) }
  }

  /// What a repository pointed to at the last check; nil when it has never answered.
  public func upstreamRefs(_ url: String) throws(CatalogError) -> RemoteRefs? {
    try read { database in
      guard
        let upstream = try UpstreamRecord.fetchOne(
          database, sql: "SELECT * FROM upstream WHERE url = ? AND firstSuccessAt IS NOT NULL", arguments: [url])
      else { return nil }
      return RemoteRefs(head: upstream.head, branch: upstream.branch, tags: try Self.tags(database, url))
    }
  }

  private static func tags(_ database: Database, _ url: String) throws -> [String: GitObjectID] {
    var tags: [String: GitObjectID] = [:]
    let rows = try Row.fetchCursor(
      database, sql: "SELECT name, object FROM upstreamTag WHERE url = ?", arguments: [url])
    while let row = try rows.next() { tags[row["name"]] = try ObjectColumn.decode(row["object"]) }
    return tags
  }

  /// Records an answer and what it changed, all at once: a process that is killed has either seen it or not.
  ///
  /// - Parameters:
  ///   - refs: what the repository points to now.
  ///   - news: the changes since what `upstreamRefs` gave; empty at the first answer.
  ///   - newestTag: of `refs`.
  ///   - url: the repository, which `watchUpstreams` has named.
  public func record(
    _ refs: RemoteRefs, news: [UpstreamNews], newestTag: String?, of url: String, at now: Date
  ) throws(CatalogError) {
    try write { database in
      try database.execute(
        sql: """
          UPDATE upstream SET head = ?, branch = ?, newestTag = ?, tagCount = ?, lastCheckedAt = ?, lastSuccessAt = ?,
            changedAt = CASE WHEN firstSuccessAt IS NULL OR ? THEN ? ELSE changedAt END,
            firstSuccessAt = coalesce(firstSuccessAt, ?), trouble = NULL, troubleSince = NULL, failures = 0
          WHERE url = ?
          """,
        arguments: [
          refs.head?.description, refs.branch, newestTag, refs.tags.count, now, now, !news.isEmpty, now, now, url,
        ])
      let known = try Self.tags(database, url)
      for name in known.keys where refs.tags[name] == nil {
        try database.execute(sql: "DELETE FROM upstreamTag WHERE url = ? AND name = ?", arguments: [url, name])
      }
      for (name, object) in refs.tags where known[name] != object {
        try database.execute(
          sql: """
            INSERT INTO upstreamTag VALUES (?, ?, ?) ON CONFLICT (url, name) DO UPDATE SET object = excluded.object
            """, arguments: [url, name, object.description])
      }
      for change in news {
        try database.execute(
          sql: "INSERT INTO upstreamNews (url, at, kind, name, old, new, count) VALUES (?, ?, ?, ?, ?, ?, ?)",
          arguments: [
            url, now, change.kind.rawValue, change.name, change.old?.description, change.new?.description, change.count,
          ])
      }
    }
  }

  /// Records that a repository did not answer; what is known of it stays.
  public func recordTrouble(_ reason: String, ofUpstream url: String, at now: Date) throws(CatalogError) {
    try write { database in
      try database.execute(
        sql: """
          UPDATE upstream SET lastCheckedAt = ?, trouble = ?, troubleSince = coalesce(troubleSince, ?),
            failures = failures + 1 WHERE url = ?
          """, arguments: [now, reason, now, url])
    }
  }

  /// The changes that checks found in `since < at <= until`, the oldest first.
  public func upstreamNews(since: Date, until: Date) throws(CatalogError) -> [UpstreamNewsRecord] {
    try read { database in
      try UpstreamNewsRecord.fetchAll(
        database, sql: "SELECT * FROM upstreamNews WHERE at > ? AND at <= ? ORDER BY id", arguments: [since, until])
    }
  }
}
