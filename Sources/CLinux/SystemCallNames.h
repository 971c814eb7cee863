#ifndef HUBWATCH_SYSTEM_CALL_NAMES_H
#define HUBWATCH_SYSTEM_CALL_NAMES_H

// The name of a system call that the filter forbids; "?" for others.
const char *hubwatch_name_of_call(int number);

#endif
