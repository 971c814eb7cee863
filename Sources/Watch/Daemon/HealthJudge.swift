/// Judges from signs of life whether the daemon is at work, waits for a reason, or hangs. Pure: told everything by its
/// owner, in seconds.
public struct HealthJudge: Sendable {
  /// How long each thing may keep silent.
  public struct Patience: Sendable {
    /// The database, which answers from memory.
    public var database: Double = 5
    /// The disk: a slow one is no hang.
    public var disk: Double = 60
    /// The loop that does what the scheduler says.
    public var loop: Double = 60
    /// Work in which nothing happens: longer than the longest pause that the hub may ask for.
    public var work: Double = 20 * 60

    /// The usual patience.
    public init() {}
  }

  /// What was seen.
  public struct Signs: Sendable {
    /// Since when the database has been asked without an answer; 0 when it has answered.
    public var databaseSilence: Double = 0
    /// Why the database's answer was an error; nil when it was none.
    public var databaseTrouble: String?
    /// Since when the disk has been asked without an answer; 0 when it has answered.
    public var diskSilence: Double = 0
    /// Since when the loop has been called without an answer; 0 when it has answered.
    public var loopSilence: Double = 0
    /// What is at work; none while the daemon waits for the next cycle.
    public var works: [Work] = []

    /// A job, or what a person has asked for.
    public struct Work: Sendable, Equatable {
      /// Its name.
      public var name: String
      /// Since something came of it.
      public var silence: Double
      /// How much longer than usual it may be silent: a smoke test has a time limit of its own.
      public var extraPatience: Double = 0
    }

    /// Nothing is the matter.
    public init() {}
  }

  /// How long each thing may keep silent.
  public var patience = Patience()

  /// A judge.
  public init(patience: Patience = Patience()) { self.patience = patience }

  /// What is the matter, for a person; nil when the daemon is well.
  public func trouble(_ signs: Signs) -> String? {
    if let trouble = signs.databaseTrouble { return trouble }
    if signs.databaseSilence >= patience.database {
      return "the database has not answered for \(Int(signs.databaseSilence)) s"
    }
    if signs.diskSilence >= patience.disk { return "the disk has not answered for \(Int(signs.diskSilence)) s" }
    if signs.loopSilence >= patience.loop {
      return "the scheduler has not answered for \(Int(signs.loopSilence)) s"
    }
    for work in signs.works where work.silence >= patience.work + work.extraPatience {
      return "nothing has come of \(work.name) for \(Int(work.silence / 60)) minutes"
    }
    return nil
  }
}
