// words.c: lines and words of a file with getline. SPDX-License-Identifier: Apache-2.0
#include <stdio.h>
#include <stdlib.h>
#include <ctype.h>
int main(int c,char**v){FILE*f=fopen(v[1],"r");char*l=0;size_t n=0;ssize_t k;long lines=0,words=0;while((k=getline(&l,&n,f))>=0){lines++;int in=0;for(ssize_t i=0;i<k;i++){int s=isspace((unsigned char)l[i]);if(!s&&!in)words++;in=!s;}}printf("%ld %ld\n",lines,words);}
