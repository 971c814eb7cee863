import Glibc

/// The clock on the wall.
enum LocalTime {
  /// Minutes since midnight, where this machine is.
  static var minuteOfDay: Int {
    var now = time(nil)
    var parts = tm()
    localtime_r(&now, &parts)
    return Int(parts.tm_hour) * 60 + Int(parts.tm_min)
  }
}
