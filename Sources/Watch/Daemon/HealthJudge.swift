/// Judges from signs of life whether the daemon is at work, waits for a reason, or hangs. Pure: told everything by its
/// owner, in seconds.
public struct HealthJudge: Sendable {
  /// How long each thing may keep silent.
  public struct Patience: Sendable {
    /// The database, which answers from memory.
    public var database: Double = 5
    /// The disk: a slow one is no hang.
    public var disk: Double = 60
    /// The loop that looks at the schedule.
    public var loop: Double = 60
    /// A cycle in which nothing happens: longer than the longest pause that the hub may ask for.
    public var cycle: Double = 20 * 60

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
    /// Since the loop looked at the schedule.
    public var loopSilence: Double = 0
    /// Since something was done in the cycle under way; nil while none is, when the daemon waits for the next.
    public var cycleSilence: Double?
    /// How much longer than usual the cycle may be silent: a smoke test has a time limit of its own.
    public var extraPatience: Double = 0

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
      return "the schedule has not been looked at for \(Int(signs.loopSilence)) s"
    }
    if let silence = signs.cycleSilence, silence >= patience.cycle + signs.extraPatience {
      return "nothing has happened in the cycle for \(Int(silence / 60)) minutes"
    }
    return nil
  }
}
