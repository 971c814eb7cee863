/// The life of a repository in the catalog.
public enum RepoState: String, Sendable, Codable, CaseIterable {
  /// In a listing; nothing else is known yet.
  case seen
  /// Its files are known, and none of them can be run as it is: no GGUF.
  case described
  /// Its memory need is known.
  case sized
  /// Its files may be listed, but not fetched without accepting its terms.
  case gated
  /// No longer on the hub, or private.
  case gone
  /// Weights only in formats that can run code when loaded.
  case pickleOnly
  /// No weights yet.
  case noWeights
  /// A rule keeps it out.
  case leftOut
  /// What it holds is not what it claims to be.
  case broken
}

/// The life of a copy: one quantization of one commit of a repository on this disk.
public enum CopyState: String, Sendable, Codable, CaseIterable {
  /// The plan chose it.
  case wanted
  /// Bytes are arriving.
  case downloading
  /// Complete, durable, and its hash is right.
  case verified
  /// The smoke test has spoken.
  case tested
  /// Paused until the reason goes away: network, space, storage or quota.
  case waiting
  /// Cannot go on without a change upstream or in the configuration.
  case blocked
  /// Its bytes were wrong twice; kept aside.
  case quarantined
  /// It was on disk and no longer is.
  case lost
  /// Deleted on purpose.
  case dropped
}
