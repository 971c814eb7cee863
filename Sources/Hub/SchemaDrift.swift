/// Tells when the hub no longer sends what we rely on.
enum SchemaDrift {
  /// Fewer rows may all lack something by chance.
  static let fewestRows = 5

  private static let reliedOn: [(member: String, isThere: @Sendable (ModelListing) -> Bool)] = [
    ("createdAt", { $0.createdAt != nil }),
    ("lastModified", { $0.lastModified != nil }),
    ("sha", { $0.sha != nil }),
    ("tags", { !$0.tags.isEmpty }),
  ]

  /// The members that a page should have and that none of its rows has, in our words.
  ///
  /// - Parameter expand: the members that were asked for.
  static func members(_ rows: [ModelListing], _ skipped: [SkippedRow], expand: [String]) -> [String] {
    guard rows.count + skipped.count >= fewestRows else { return [] }
    // When no row makes sense, and all for one reason, the reason names the member.
    if rows.isEmpty, let reason = skipped.first?.reason, skipped.allSatisfy({ $0.reason == reason }) { return [reason] }
    guard rows.count >= fewestRows else { return [] }
    return reliedOn.filter { expected in
      expand.contains(expected.member) && !rows.contains(where: expected.isThere)
    }.map { "no \($0.member)" }
  }
}
